/** Something to know about a figure: its name and its value. */
export type Fact = readonly [name: string, value: string];
