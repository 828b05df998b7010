import type { NounClass } from './nouns';

/** What an adjective can be said of. */
export type AdjectiveClass =
  | 'mood'
  | 'character'
  | 'colour'
  | 'size'
  | 'shape'
  | 'state'
  | 'place'
  | 'taste'
  | 'judgement'
  | 'event'
  | 'nation'
  | 'eval';

/** Adjectives by class; `comparative:superlative` are irregular, a plus doubles the last consonant. */
export const adjectives: Readonly<Record<AdjectiveClass, string>> = {
  mood: `happy sad tired angry proud calm nervous lonely cheerful hungry thirsty anxious jealous grateful
    bored excited surprised worried ashamed upset curious sleepy restless content afraid glad ill sick
    confused disappointed frightened`,
  character: `kind honest brave clever lazy rude polite shy gentle cruel patient stubborn generous greedy
    famous rich poor young tall strong weak wise foolish ambitious modest friendly loyal talented clumsy
    careless retired blind deaf elderly native local`,
  colour: `red+ blue green yellow black white brown grey purple pink orange golden`,
  size: `big+ small large huge tiny little giant`,
  shape: `long short wide narrow thick thin+ heavy light deep`,
  state: `old new broken dirty clean dry wet+ empty full open rusty dusty cheap expensive modern antique
    wooden metal plastic leather warm cold hot+ soft hard rough smooth round square flat+ sharp damp spare
    stolen forgotten hidden fragile`,
  place: `quiet busy noisy crowded distant foreign rural public private abandoned narrow remote peaceful
    dark bright`,
  taste: `sweet sour bitter salty fresh ripe rotten spicy delicious stale raw`,
  judgement: `simple difficult strange clear secret popular serious dangerous careful reasonable absurd
    useful unusual original brilliant terrible complete final recent previous common rare unexpected`,
  event: `long short boring annual wild violent sudden final recent exciting famous dull local`,
  nation: `French German Italian Spanish Greek Dutch Swedish Polish Turkish Indian Chinese Japanese Brazilian
    Mexican Egyptian Irish`,
  eval: `good:better:best bad:worse:worst nice beautiful ugly lovely awful fine`,
};

/** Which adjectives go with which nouns. */
export const adjectivesOf: Readonly<Record<NounClass, readonly AdjectiveClass[]>> = {
  male: ['character', 'mood'],
  female: ['character', 'mood'],
  person: ['character', 'nation', 'mood'],
  animal: ['colour', 'size', 'mood'],
  thing: ['state', 'colour', 'size', 'shape', 'eval'],
  tool: ['state', 'shape'],
  feature: ['size', 'eval', 'colour'],
  document: ['judgement', 'eval', 'shape', 'nation'],
  food: ['taste', 'size'],
  substance: ['taste', 'nation'],
  place: ['place', 'size', 'eval'],
  vehicle: ['colour', 'state', 'nation'],
  part: ['state', 'shape', 'colour'],
  plant: ['size', 'eval'],
  event: ['event', 'eval'],
  abstract: ['judgement', 'eval'],
  quality: ['judgement'],
  group: ['judgement', 'nation'],
  period: ['eval', 'state'],
  material: ['state', 'colour'],
};
/** Adjectives without degrees: no “very”, no comparative. */
export const ungraded = new Set(
  `golden wooden metal plastic leather spare stolen forgotten hidden broken final previous annual native local
  retired elderly original complete giant raw foreign public private abandoned square unexpected secret antique
  afraid ill blind deaf bored excited surprised worried ashamed upset confused disappointed frightened content
  delicious huge tiny brilliant terrible absurd empty full open recent sudden awful talented orange`.split(
    /\s+/,
  ),
);

/** It-is-…-that and it-is-…-to. */
export const clausal = `clear strange obvious possible likely sad surprising true certain unlikely`;
export const infinitival = `easy hard difficult dangerous nice good cheap safe wrong silly impossible
  pleasant necessary`;

/** The order of two adjectives before a noun: an opinion, the size, the state, the colour, the origin. */
export const order: readonly AdjectiveClass[] = [
  'eval',
  'judgement',
  'character',
  'mood',
  'size',
  'shape',
  'state',
  'place',
  'taste',
  'event',
  'colour',
  'nation',
];
