/** Damages a file in one of the ways that files get damaged, or that an attacker would choose. */
export function mutate(bytes: Uint8Array, random: () => number): Uint8Array {
  const int = (below: number) => Math.floor(random() * below);
  const copy = new Uint8Array(bytes);
  const at = int(copy.length);
  switch (int(7)) {
    case 0:
      return copy.slice(0, at);
    case 1:
      for (let i = 0; i < 1 + int(8); i++) copy[int(copy.length)] = int(256);
      return copy;
    case 2:
      copy[at] = (copy[at] ?? 0) ^ (1 << int(8));
      return copy;
    case 3:
      // The largest lengths and numbers that fit: varints of all ones.
      copy.fill(0xff, at, at + 1 + int(9));
      return copy;
    case 4:
      copy.fill(0, at, at + 1 + int(64));
      return copy;
    case 5: {
      const from = int(copy.length);
      copy.copyWithin(at, from, from + 1 + int(256));
      return copy;
    }
    default: {
      const length = 1 + int(64);
      return new Uint8Array([
        ...copy.subarray(0, at),
        ...copy.subarray(Math.min(copy.length, at + length)),
      ]);
    }
  }
}
