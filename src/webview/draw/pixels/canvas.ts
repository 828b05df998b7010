/** The drawing surface of a canvas at the device's own pixels; scaled so that units are CSS pixels. */
export function surface(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  ratio: number,
): CanvasRenderingContext2D {
  resize(canvas, Math.round(width * ratio), Math.round(height * ratio), ratio);
  const context = context2d(canvas);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** Of canvases that were drawn before: megabytes that no colour has to allocate and collect anew. */
const images = new WeakMap<HTMLCanvasElement, Uint32Array<ArrayBuffer>>();

/** Transparent pixels to paint and to give to `showPixels`; each canvas has its own. */
export function blankPixels(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): Uint32Array<ArrayBuffer> {
  const known = images.get(canvas);
  if (known?.length === width * height) return known.fill(0);
  const made = new Uint32Array(width * height);
  images.set(canvas, made);
  return made;
}

/** Draws packed pixels one to one. */
export function showPixels(
  canvas: HTMLCanvasElement,
  image: Uint32Array<ArrayBuffer>,
  width: number,
  height: number,
  ratio: number,
): void {
  resize(canvas, width, height, ratio);
  const bytes = new Uint8ClampedArray(image.buffer, image.byteOffset, image.byteLength);
  context2d(canvas).putImageData(new ImageData(bytes, width, height), 0, 0);
}

function resize(canvas: HTMLCanvasElement, width: number, height: number, ratio: number): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  canvas.style.width = `${width / ratio}px`;
  canvas.style.height = `${height / ratio}px`;
}

function context2d(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This webview has no 2D canvas.');
  return context;
}
