"""Synthetic English of our own: agreement, pronouns and their antecedents, short stories, repetition.

    python synth.py 20            # print 20 documents

Deterministic by seed. Nouns in UNSEEN_SUBJECTS never are the subject of an agreement sentence and nouns in
UNSEEN_ANTECEDENTS never occur in a pronoun sentence: evaluation asks about these.
"""
import random
import sys

# (singular, plural)
ANIMALS = [tuple(pair.split("/")) for pair in (
    "tiger/tigers dog/dogs cat/cats horse/horses lion/lions fox/foxes bear/bears wolf/wolves cow/cows goat/goats "
    "rabbit/rabbits monkey/monkeys elephant/elephants bird/birds mouse/mice frog/frogs duck/ducks sheep/sheep pig/pigs "
    "hen/hens snake/snakes donkey/donkeys camel/camels puppy/puppies kitten/kittens crow/crows owl/owls deer/deer "
    "rat/rats bee/bees turtle/turtles squirrel/squirrels eagle/eagles lamb/lambs pony/ponies leopard/leopards "
    "parrot/parrots hare/hares bull/bulls calf/calves spider/spiders ant/ants goose/geese chicken/chickens "
    "crocodile/crocodiles lizard/lizards").split()]
WOMEN = [tuple(pair.split("/")) for pair in (
    "girl/girls woman/women queen/queens mother/mothers sister/sisters aunt/aunts grandmother/grandmothers "
    "princess/princesses lady/ladies daughter/daughters wife/wives").split()]
MEN = [tuple(pair.split("/")) for pair in (
    "boy/boys man/men king/kings father/fathers brother/brothers uncle/uncles grandfather/grandfathers prince/princes "
    "gentleman/gentlemen son/sons husband/husbands").split()]
PEOPLE = WOMEN + MEN + [tuple(pair.split("/")) for pair in (
    "teacher/teachers doctor/doctors farmer/farmers captain/captains soldier/soldiers child/children friend/friends "
    "student/students writer/writers nurse/nurses sailor/sailors driver/drivers neighbor/neighbors artist/artists "
    "lawyer/lawyers guest/guests baker/bakers hunter/hunters singer/singers player/players").split()]
HER_NAMES = ("Mary Anna Alice Emma Sarah Jane Lucy Kate Susan Maria Ellen Rose Laura Helen Julia Amy Betty Nora Ruth "
             "Grace").split()
HIS_NAMES = ("John Tom Peter David James Jack Paul George Henry Robert William Ben Sam Mark Frank Charles Daniel Adam "
             "Joe Arthur").split()
# kind: nouns, what such a thing can be
THINGS = {
    "container": ("cup/cups box/boxes bag/bags bottle/bottles basket/baskets bucket/buckets drawer/drawers jar/jars",
                  "empty full heavy small broken new"),
    "tool": ("knife/knives key/keys chair/chairs lamp/lamps clock/clocks book/books letter/letters table/tables "
             "door/doors window/windows coat/coats hat/hats boat/boats cart/carts wheel/wheels ladder/ladders",
             "old broken new expensive dirty wet useful heavy"),
    "food": ("apple/apples cake/cakes egg/eggs loaf/loaves pie/pies potato/potatoes orange/oranges fish/fish",
             "sweet fresh ripe rotten cold delicious"),
    "plant": ("flower/flowers plant/plants rose/roses bush/bushes seed/seeds vine/vines",
              "dry green tall beautiful dead small"),
    "code": ("function/functions file/files server/servers program/programs test/tests query/queries module/modules "
             "variable/variables compiler/compilers script/scripts", "slow wrong missing unused fast safe public private"),
}
THINGS = {kind: ([tuple(pair.split("/")) for pair in nouns.split()], adjectives.split())
          for kind, (nouns, adjectives) in THINGS.items()}
ANIMAL_STATES = ("thirsty hungry tired afraid sleepy angry sick cold happy lonely hurt lost strong wild young "
                 "curious").split()
PERSON_STATES = ("tired happy sad angry late busy sick proud afraid hungry thirsty bored nervous kind rich poor honest "
                 "clever lonely").split()
PLACES = ("tree house garden river field forest barn kitchen road hill bridge market village park school station lake "
          "cave yard street wall fence gate mountain").split()
PATHS = ["out of a", "out of the", "into the", "over the", "across the", "under the", "behind the", "toward the",
         "away from the", "down from the", "through the", "around a"]
MOVED = "jumped ran walked climbed crawled came went rushed hurried slipped moved".split()
PURPOSES = ["to get a drink", "to find some food", "to look for water", "to sleep", "to hide", "to rest",
            "to see the moon", "to eat", "to find a friend", "to get warm", "to play", "to wait", "to get some water",
            "to drink", "to catch a fish"]
# plain form, third person, past
TRANSITIVE = [tuple(forms.split("/")) for forms in (
    "see/sees/saw like/likes/liked chase/chases/chased follow/follows/followed watch/watches/watched "
    "help/helps/helped know/knows/knew love/loves/loved hate/hates/hated visit/visits/visited find/finds/found "
    "admire/admires/admired call/calls/called thank/thanks/thanked meet/meets/met").split()]
INTRANSITIVE = [tuple(forms.split("/")) for forms in (
    "run/runs sleep/sleeps sing/sings swim/swims laugh/laughs smile/smiles wait/waits walk/walks dance/dances "
    "work/works sit/sits stand/stands talk/talks play/plays rest/rests").split()]
HANDLED = ["took", "dropped", "sold", "opened", "carried", "bought", "kept", "threw away", "found", "cleaned"]
SETTINGS = ["every day", "in the morning", "at night", "very well", "here", "there", "all day", "near the house",
            "in the garden", "by the river", "after lunch", "on Sunday", "with a friend", "again", "quietly"]
ADJECTIVES = "old young little big brown black white small tall poor good clever brave strange quiet".split()
BESIDE = ["near", "behind", "beside", "next to", "with", "in front of", "above", "below"]

UNSEEN_SUBJECTS = {"captain", "sailor", "lion", "horse", "letter", "queen", "eagle", "ladder"}
UNSEEN_ANTECEDENTS = {"tiger", "donkey", "puppy", "leopard", "parrot", "princess", "uncle", "basket", "lamp", "captain"}


def capital(text):
    return text[0].upper() + text[1:]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, items, without=()):
        """An item of a list; of a list of nouns, one whose singular is not in `without`."""
        while True:
            item = self.random.choice(items)
            if not without or item[0] not in without:
                return item

    def chance(self, p):
        return self.random.random() < p

    # ------------------------------------------------ agreement

    def noun_phrase(self, noun, plural):
        adjective = self.pick(ADJECTIVES) + " " if self.chance(.25) else ""
        return f"the {adjective}{noun[plural]}"

    def agreement(self):
        """One sentence whose verb agrees with a subject, often across another noun."""
        if self.chance(.12):
            return self.person_agreement()
        thing = self.chance(.35)
        if thing:
            nouns, states = THINGS[self.pick(list(THINGS))]
        else:
            nouns, states = PEOPLE + ANIMALS, PERSON_STATES
        subject, plural = self.pick(nouns, UNSEEN_SUBJECTS), self.chance(.5)
        other, others = self.pick(PEOPLE + ANIMALS + THINGS["tool"][0] + THINGS["container"][0]), self.chance(.5)
        verb, person = self.pick(TRANSITIVE), self.pick(PEOPLE)
        kind = self.random.random()
        if kind < .30:
            modifier = ""
        elif kind < .62:
            modifier = f" {self.pick(BESIDE)} {self.noun_phrase(other, others)}"
        elif kind < .80 and not thing:
            modifier = f" that {verb[not plural]} {self.noun_phrase(other, others)}"
        else:
            modifier = f" that {self.noun_phrase(person, others)} {verb[not others]}"
        kind = self.random.random()
        if kind < .3:
            rest = f"{'are' if plural else 'is'} {self.pick(states)}"
        elif kind < .5:
            rest = f"{'were' if plural else 'was'} {self.pick(states)}"
        elif kind < .62:
            rest = f"{'have' if plural else 'has'} been {self.pick(states)}"
        elif thing:
            rest = f"{'are' if plural else 'is'} {self.pick(['near', 'behind', 'beside', 'under', 'in'])} the {self.pick(PLACES)}"
        elif kind < .72:
            rest = f"{'do' if plural else 'does'} not {self.pick(INTRANSITIVE)[0]} {self.pick(SETTINGS)}"
        else:
            rest = f"{self.pick(INTRANSITIVE)[not plural]} {self.pick(SETTINGS)}"
        if rest.split()[0] in ("is", "are", "was", "were") and not modifier and self.chance(.15):
            be, state = rest.split(" ", 1)
            return capital(f"{be} {self.noun_phrase(subject, plural)} {state}?")
        return capital(f"{self.noun_phrase(subject, plural)}{modifier} {rest}.")

    def person_agreement(self):
        pronoun, now, past = self.pick([("I", "am", "was"), ("you", "are", "were"), ("we", "are", "were"),
                                        ("he", "is", "was"), ("she", "is", "was"), ("they", "are", "were")])
        be, state = self.pick([now, past]), self.pick(PERSON_STATES)
        if self.chance(.4):
            return f"{capital(be)} {pronoun} {state}?"
        return capital(f"{pronoun} {be} {self.pick(['', 'very ', 'so ', 'not '])}{state}.")

    # -------------------------------- pronouns and antecedents

    def animate(self):
        kind = self.random.random()
        if kind < .34:
            noun, plural = self.pick(ANIMALS, UNSEEN_ANTECEDENTS), self.chance(.2)
            return self.entity(f"the {noun[plural]}", "they" if plural else "it", ANIMAL_STATES, True)
        if kind < .47:
            return self.entity(f"the {self.pick(WOMEN, UNSEEN_ANTECEDENTS)[0]}", "she", PERSON_STATES, True)
        if kind < .60:
            return self.entity(f"the {self.pick(MEN, UNSEEN_ANTECEDENTS)[0]}", "he", PERSON_STATES, True)
        if kind < .72:
            return self.entity(self.random.choice(HER_NAMES), "she", PERSON_STATES, True)
        if kind < .84:
            return self.entity(self.random.choice(HIS_NAMES), "he", PERSON_STATES, True)
        return self.entity(f"the {self.pick(PEOPLE, UNSEEN_ANTECEDENTS)[1]}", "they", PERSON_STATES, True)

    def thing(self):
        nouns, states = THINGS[self.pick(list(THINGS))]
        noun, plural = self.pick(nouns, UNSEEN_ANTECEDENTS), self.chance(.3)
        return self.entity(f"the {noun[plural]}", "they" if plural else "it", states, False)

    def entity(self, phrase, pronoun, states, animate):
        return {"phrase": phrase, "pronoun": pronoun, "be": "were" if pronoun == "they" else "was", "animate": animate,
                "object": {"he": "him", "she": "her", "they": "them", "it": "it"}[pronoun],
                "possessive": {"he": "his", "she": "her", "they": "their", "it": "its"}[pronoun],
                "state": self.random.choice(states)}

    def different(self, make, than):
        """Another entity that needs another pronoun."""
        while True:
            entity = make()
            if entity["pronoun"] != than["pronoun"]:
                return entity

    def movement(self):
        purpose = self.pick(PURPOSES) if self.chance(.75) else ""
        return f"{self.pick(MOVED)} {self.pick(PATHS)} {self.pick(PLACES)} {purpose}".strip()

    def coreference(self):
        first = self.animate()
        second = self.different(self.animate if self.chance(.5) else self.thing, first)
        very = self.pick(["", "", "very ", "too ", "so ", "quite "])
        state = lambda entity: f"{entity['pronoun']} {entity['be']} {very}{entity['state']}"
        verb = self.pick(TRANSITIVE)[2]
        kind, chosen = self.random.random(), None
        if kind < .36:
            chosen = first
            text = f"{first['phrase']} {self.movement()} because {state(first)}."
        elif kind < .62:
            chosen = first if self.chance(.5) else second
            text = f"{first['phrase']} {verb} {second['phrase']} because {state(chosen)}."
        elif kind < .74:
            chosen = first if self.chance(.6) else second
            text = f"{first['phrase']} {verb} {second['phrase']}. {capital(state(chosen))}."
        elif kind < .84:
            own = self.pick(["hat", "coat", "house", "friend", "mother", "book", "letter", "home", "name"]
                            if first["pronoun"] != "it" else ["tail", "head", "house", "friend", "mother", "eyes", "home"])
            found = self.pick(["lost", "found", "saw", "wanted", "forgot", "missed", "loved"])
            text = (f"{first['phrase']} {found} {first['possessive']} {own} and {self.movement()}. "
                    f"{capital(second['phrase'])} {verb} {first['object']}.")
        else:
            thing = self.different(self.thing, first)
            chosen = thing if self.chance(.6) else first
            text = f"{first['phrase']} {self.pick(HANDLED)} {thing['phrase']} because {state(chosen)}."
        text = capital(text)
        if chosen and self.chance(.45):
            question = f" {'Who' if chosen['animate'] else 'What'} was {chosen['state']}?" if self.chance(.6) else ""
            text += f"{question} {capital(chosen['phrase'])} {chosen['be']} {chosen['state']}."
        elif self.chance(.2):
            mover = chosen if chosen and chosen["animate"] else first
            text += f" So {mover['phrase']} {self.movement()}."
        return text

    # ------------------------------------- stories, repetition

    def story(self):
        hero = self.animate()
        sentences = [f"One day {hero['phrase']} {self.movement()}."]
        for _ in range(self.random.randint(1, 3)):
            rest = self.movement() if self.chance(.5) else f"{hero['be']} {hero['state']}"
            sentences.append(f"{capital(hero['pronoun'])} {rest}.")
        return " ".join(sentences)

    def repetition(self):
        pools = [[noun[0] for noun in PEOPLE + ANIMALS], HER_NAMES + HIS_NAMES, PLACES, ADJECTIVES,
                 [verb[0] for verb in INTRANSITIVE], [noun[0] for nouns, _ in THINGS.values() for noun in nouns]]
        words = [self.random.choice(self.random.choice(pools)) for _ in range(self.random.randint(3, 9))]
        once = self.random.choice([" ", ", ", " and ", "; "]).join(words)
        return f"{once}. {once}."

    def sentence(self):
        kind = self.random.random()
        return (self.agreement() if kind < .32 else self.coreference() if kind < .80 else
                self.story() if kind < .93 else self.repetition())

    def document(self):
        return " ".join(self.sentence() for _ in range(self.random.randint(1, 5)))


if __name__ == "__main__":
    generator = Generator(1)
    for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 20):
        print(generator.document())
