interface Item {
  name: string;
  price: number;
  count: number;
}

/** What everything on the shelf costs together. */
export function totalPrice(items: readonly Item[]): number {
  let total = 0;
  for (const item of items) {
    total += item.price * item.count;
  }
  return total;
}

export function soldOut(items: readonly Item[]): string[] {
  return items.filter(item => item.count === 0).map(item => item.name);
}

const shelf: Item[] = [
  { name: 'lantern', price: 12.5, count: 4 },
  { name: 'umbrella', price: 9, count: 0 },
];

console.log(totalPrice(shelf), soldOut(shelf));
