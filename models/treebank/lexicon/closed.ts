/** Prepositions with a noun for a place. */
export const placePrepositions = `in in near behind beside outside inside opposite at beyond`;
/** Prepositions for a way. */
export const pathPrepositions = `to to through past across towards around into along over up down off`;
/** Conjunctions of a subordinate clause that may come first or last. */
export const subordinators = `because when if although before after since while until unless once as`;
export const modals = `can could may might must should would`;
