import type { NounClass } from './nouns';

/*
 * Verbs by frame. `lemma:past:participle` is irregular; a plus after the lemma doubles the last consonant
 * (stopped, running). A verb may stand in several frames.
 */

/** People and animals do these without an object. */
export const intransitive = `sleep:slept:slept laugh smile cry dance sing:sang:sung wait work rest shout
  whisper cough sneeze yawn faint kneel:knelt:knelt hesitate relax study tremble whistle snore nod+ frown
  pray vanish disappear pause train play swim+:swam:swum win+:won:won lose:lost:lost succeed sigh stumble
  blush shiver leave:left:left return arrive wake:woke:woken`;

/** Movement that takes a direction. */
export const motion = `walk run+:ran:run drive:drove:driven ride:rode:ridden fly:flew:flown sail climb crawl
  travel march wander hurry rush return jump step+ move race creep:crept:crept stroll swim+:swam:swum
  drift cycle limp head dash`;

/** Things do these by themselves. */
export const thingVerbs = `break:broke:broken fall:fell:fallen open close move burn roll sink:sank:sunk
  stop+ crack rattle shake:shook:shaken vanish work drop+`;

/** Transitive verbs by what their object is. */
export const transitive: Readonly<Partial<Record<NounClass, string>>> = {
  thing: `buy:bought:bought sell:sold:sold find:found:found lose:lost:lost carry drop+ hold:held:held
    take:took:taken bring:brought:brought steal:stole:stolen hide:hid:hidden break:broke:broken repair
    borrow keep:kept:kept choose:chose:chosen want need like love hate own use wash clean dry pack lift
    move touch paint draw:drew:drawn photograph order check examine inspect weigh throw:threw:thrown
    catch:caught:caught kick push pull drag+ collect deliver destroy damage replace return wrap+ fix
    polish measure mend box stamp`,
  tool: `buy:bought:bought borrow need use find:found:found drop+ lose:lost:lost hide:hid:hidden`,
  document: `read:read:read write:wrote:written sign publish translate copy print edit review finish study
    book burn find:found:found send:sent:sent tear:tore:torn post file forget:forgot:forgotten`,
  food: `eat:ate:eaten cook bake fry taste peel slice chop+ share serve cut+:cut:cut buy:bought:bought
    bring:brought:brought order`,
  substance: `buy:bought:bought taste share serve order need bring:brought:brought spill finish`,
  place: `visit leave:left:left reach enter build:built:built guard paint clean search close open decorate
    explore buy:bought:bought cross map+ find:found:found show:showed:shown`,
  part: `open close paint lock break:broke:broken repair clean measure`,
  plant: `plant water cut+:cut:cut pick grow:grew:grown draw:drew:drawn paint`,
  vehicle: `drive:drove:driven park stop+ repair rent steal:stole:stolen wash load sell:sold:sold
    buy:bought:bought race`,
  event: `attend watch miss organise plan+ cancel postpone enjoy film record remember
    forget:forgot:forgotten`,
  abstract: `discuss reject accept mention support question study change forget:forgot:forgotten consider
    understand:understood:understood approve defend criticise remember announce report plan+ make:made:made`,
  person: `help meet:met:met know:knew:known see:saw:seen hear:heard:heard follow watch visit thank trust
    praise blame invite call question interview rescue save protect hug+ kiss fool envy respect comfort
    greet train police`,
  animal: `feed:fed:fed chase watch catch:caught:caught rescue hunt stroke brush wash find:found:found
    photograph`,
};

/** Give somebody something; all take “to” as well. */
export const ditransitive = `give:gave:given send:sent:sent show:showed:shown offer lend:lent:lent hand
  sell:sold:sold pass promise bring:brought:brought post owe`;

/** Verbs with a finite clause. */
export const saying = `say:said:said think:thought:thought believe know:knew:known hope fear claim argue
  admit+ insist report notice remember forget:forgot:forgotten hear:heard:heard agree announce guess suspect
  predict decide realise complain swear:swore:sworn dream doubt`;

/** Verbs with a person and a finite clause. */
export const telling = `tell:told:told remind warn assure inform convince promise`;

/** Verbs with an infinitive of the same subject. */
export const toInfinitive = `want try hope decide begin+:began:begun learn refuse plan+ promise need agree
  manage fail forget:forgot:forgotten love like hate start offer prefer+ expect pretend threaten continue
  intend wish`;

/** Verbs with an -ing form of the same subject. */
export const toParticiple = `enjoy stop+ start keep:kept:kept finish avoid hate love like begin+:began:begun
  practise miss`;

/** Verbs with an object that does what the infinitive says. */
export const objectControl = `ask persuade tell:told:told force allow order advise beg+ teach:taught:taught
  encourage invite want expect help`;

/** Verbs with an object and a bare infinitive. */
export const bareInfinitive = `let+:let:let make:made:made see:saw:seen hear:heard:heard watch help`;

/** Linking verbs with an adjective. */
export const linking = `become:became:become seem look feel:felt:felt sound remain stay appear`;

/** Verbs with a preposition: verb, preposition, what may follow. */
export const prepositional: readonly (readonly [string, string, readonly NounClass[]])[] = [
  ['look', 'at', ['thing', 'person', 'animal', 'plant', 'document']],
  ['wait', 'for', ['person', 'vehicle', 'document', 'event']],
  ['listen', 'to', ['person', 'event']],
  ['think:thought:thought', 'about', ['abstract', 'event', 'person']],
  ['talk', 'about', ['abstract', 'event', 'document']],
  ['laugh', 'at', ['person', 'abstract', 'document']],
  ['complain', 'about', ['event', 'abstract', 'place']],
  ['search', 'for', ['thing', 'animal', 'tool']],
  ['pay:paid:paid', 'for', ['thing', 'vehicle', 'event', 'food']],
  ['dream', 'of', ['event', 'place']],
  ['argue', 'with', ['person']],
  ['argue', 'about', ['abstract', 'document']],
  ['work', 'on', ['document', 'abstract', 'vehicle']],
  ['point', 'at', ['person', 'animal', 'thing', 'part']],
  ['stare', 'at', ['person', 'thing', 'document']],
  ['speak:spoke:spoken', 'to', ['person']],
  ['write:wrote:written', 'to', ['person']],
  ['talk', 'to', ['person']],
  ['play', 'with', ['animal', 'person']],
  ['worry', 'about', ['event', 'abstract', 'person']],
  ['ask', 'for', ['thing', 'document', 'food']],
  ['knock', 'on', ['part']],
  ['vote', 'for', ['abstract', 'person']],
  ['run+:ran:run', 'after', ['animal', 'vehicle']],
  ['insist', 'on', ['abstract']],
  ['watch', 'over', ['animal', 'place']],
  ['prepare', 'for', ['event']],
  ['lean', 'against', ['part', 'plant']],
];

/** Verbs with a particle and an object: verb, particle, what the object may be. */
export const phrasal: readonly (readonly [string, string, readonly NounClass[]])[] = [
  ['pick', 'up', ['thing', 'document', 'tool']],
  ['put+:put:put', 'down', ['thing', 'document', 'tool']],
  ['turn', 'down', ['abstract']],
  ['call', 'off', ['event']],
  ['put+:put:put', 'off', ['event']],
  ['look', 'up', ['abstract', 'document']],
  ['carry', 'out', ['abstract']],
  ['hand', 'in', ['document', 'tool']],
  ['fill', 'in', ['document']],
  ['clean', 'up', ['place']],
  ['tear:tore:torn', 'down', ['place', 'part']],
  ['knock', 'over', ['thing', 'plant']],
  ['cut+:cut:cut', 'down', ['plant']],
  ['set+:set:set', 'up', ['event', 'group']],
  ['wear:wore:worn', 'out', ['thing']],
  ['work', 'out', ['abstract']],
  ['point', 'out', ['abstract', 'place']],
  ['take:took:taken', 'over', ['group', 'place']],
  ['try', 'on', ['thing']],
  ['leave:left:left', 'out', ['abstract', 'document']],
  ['think:thought:thought', 'over', ['abstract']],
  ['load', 'up', ['vehicle']],
  ['back', 'up', ['person', 'abstract']],
  ['run+:ran:run', 'over', ['thing', 'animal']],
];

/** Verbs with a particle and no object. */
export const phrasalIntransitive: readonly (readonly [string, string])[] = [
  ['wake:woke:woken', 'up'],
  ['sit+:sat:sat', 'down'],
  ['stand:stood:stood', 'up'],
  ['give:gave:given', 'up'],
  ['show:showed:shown', 'up'],
  ['calm', 'down'],
  ['set+:set:set', 'off'],
  ['drop+', 'out'],
  ['look', 'up'],
  ['move', 'in'],
  ['pass', 'out'],
  ['carry', 'on'],
];

/** What a tool is for: verb, tools, what the verb is done to. */
export const withTool: readonly (readonly [string, string, readonly NounClass[]])[] = [
  ['open', 'key', ['part']],
  ['lock', 'key', ['part']],
  ['cut+:cut:cut', 'knife', ['food', 'plant']],
  ['slice', 'knife', ['food']],
  ['break:broke:broken', 'hammer', ['thing', 'part']],
  ['clean', 'brush', ['thing', 'vehicle']],
  ['wash', 'sponge', ['vehicle', 'thing']],
  ['dry', 'cloth', ['thing', 'animal']],
  ['photograph', 'camera', ['person', 'animal', 'plant']],
  ['measure', 'ruler', ['thing', 'document']],
  ['pull', 'rope', ['vehicle', 'animal']],
  ['watch', 'telescope', ['animal', 'person']],
  ['see:saw:seen', 'telescope', ['animal', 'vehicle']],
  ['push', 'stick', ['thing', 'animal']],
  ['stir+', 'spoon', ['substance']],
  ['lift', 'magnet', ['tool']],
];
