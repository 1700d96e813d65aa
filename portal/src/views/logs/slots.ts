/** Which elements show which rows, so that those of rows that went show the rows that come. */
export class Slots {
  private last = new Map<number, number>();

  /**
   * The slot of each row in view. A row that stays keeps its slot; others take those that are
   * free, in the order in which their elements stand, so that few have to be moved.
   */
  of(rows: number[]): number[] {
    const wanted = new Set(rows);
    const free = [...this.last].filter(([row]) => !wanted.has(row)).map(([, slot]) => slot);
    const taken = new Set(this.last.values());
    let next = 0;
    const found = new Map<number, number>();
    for (const row of rows) {
      let slot = this.last.get(row) ?? free.shift();
      while (slot === undefined) {
        if (!taken.has(next)) slot = next;
        next += 1;
      }
      found.set(row, slot);
    }
    this.last = found;
    return [...found.values()];
  }
}
