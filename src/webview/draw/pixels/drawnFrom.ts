/** Remembers what a drawing was made from, so that it is made again only from something else. */
export class DrawnFrom {
  private before: readonly unknown[] = [];

  /** Whether `parts` are other ones than at the last call; these are remembered now. */
  differs(...parts: readonly unknown[]): boolean {
    const { before } = this;
    this.before = parts;
    return before.length !== parts.length || parts.some((part, i) => !Object.is(part, before[i]));
  }
}
