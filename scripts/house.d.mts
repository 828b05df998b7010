/** For each folder the floors of rooms in it, from the ground up. */
export type Houses = Readonly<Record<string, readonly (string | readonly string[])[]>>;
export function findHouseFaults(folder: string, table?: Houses): string[];
