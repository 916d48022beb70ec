/* Where a tensor's numbers stand on a heat map's canvas. */

/** Maps of rows and columns, so many beside each other. */
export interface Layout {
  readonly maps: number;
  readonly rows: number;
  readonly columns: number;
  readonly across: number;
  /** Pixels of one number's square. */
  readonly cell: number;
}

const GAP = 2;
/** What a canvas is as wide as at most, in its own pixels; the page may show it smaller. */
const WIDTH = 640;

export function layoutOf(shape: readonly number[]): Layout {
  if (shape.length === 1) {
    const columns = shape[0] <= 10 ? shape[0] : Math.ceil(Math.sqrt(2.5 * shape[0]));
    return fit({ maps: 1, rows: Math.ceil(shape[0] / columns), columns, across: 1 });
  }
  if (shape.length === 2) return fit({ maps: 1, rows: shape[0], columns: shape[1], across: 1 });
  const [rows, columns] = shape.slice(-2);
  const maps = shape.slice(0, -2).reduce((product, extent) => product * extent, 1);
  const across = shape.length === 4 && shape[1] > 1 ? Math.min(24, maps) : sideOf(maps);
  return fit({ maps, rows, columns, across });
}

/** The long side of a rectangle of so many, as near a square as there is. */
function sideOf(count: number): number {
  let side = Math.ceil(Math.sqrt(count));
  while (count % side !== 0) side++;
  return Math.min(side, 2 * Math.ceil(Math.sqrt(count)));
}

function fit(layout: Omit<Layout, 'cell'>): Layout {
  const most = (WIDTH - GAP * (layout.across - 1)) / (layout.across * layout.columns);
  return { ...layout, cell: Math.max(1, Math.min(64, Math.floor(most))) };
}

/** Width and height of the canvas, in its own pixels. */
export function extent({ maps, rows, columns, across, cell }: Layout): [width: number, height: number] {
  const down = Math.ceil(maps / across);
  return [across * columns * cell + (across - 1) * GAP, down * rows * cell + (down - 1) * GAP];
}

/** The upper left corner of a number's square. */
export function corner({ rows, columns, across, cell }: Layout, offset: number): [left: number, top: number] {
  const map = Math.floor(offset / (rows * columns));
  const [y, x] = [Math.floor(offset / columns) % rows, offset % columns];
  return [
    (map % across) * (columns * cell + GAP) + x * cell,
    Math.floor(map / across) * (rows * cell + GAP) + y * cell,
  ];
}

/** The number whose square a point of the canvas lies in; undefined between maps and beyond the last. */
export function offsetAt({ maps, rows, columns, across, cell }: Layout, left: number, top: number): number | undefined {
  const [mapX, mapY] = [Math.floor(left / (columns * cell + GAP)), Math.floor(top / (rows * cell + GAP))];
  const x = Math.floor((left - mapX * (columns * cell + GAP)) / cell);
  const y = Math.floor((top - mapY * (rows * cell + GAP)) / cell);
  const map = mapY * across + mapX;
  if (x < 0 || x >= columns || y < 0 || y >= rows || map >= maps) return undefined;
  return (map * rows + y) * columns + x;
}
