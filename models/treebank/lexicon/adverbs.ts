/** Adverbs by what they say. */
export const adverbs = {
  manner: `quickly slowly carefully quietly loudly happily sadly angrily bravely badly well fast hard gently
    politely rudely calmly nervously proudly eagerly suddenly secretly patiently easily clumsily silently
    straight cheerfully anxiously early late alone together`,
  frequency: `always often never sometimes usually rarely seldom still already just finally soon also
    almost probably certainly really simply even`,
  place: `here there upstairs downstairs outside inside abroad nearby home away back`,
  degree: `very quite rather too so extremely really fairly pretty`,
  sentence: `perhaps fortunately unfortunately however meanwhile eventually later luckily then now
    naturally clearly instead afterwards`,
} as const;

export type AdverbClass = keyof typeof adverbs;
