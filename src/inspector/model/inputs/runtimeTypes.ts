import { ElementType } from '../../onnx/file/types';

const byName: Readonly<Record<string, number>> = {
  float32: ElementType.float,
  float16: ElementType.float16,
  float64: ElementType.double,
  int64: ElementType.int64,
  int32: ElementType.int32,
  int8: ElementType.int8,
  uint8: ElementType.uint8,
  bool: ElementType.bool,
};

/** ONNX element type of what the runtime calls `float32`, `int64`, …; 0 where there is none. */
export function elementTypeByName(name: string): number {
  return byName[name] ?? ElementType.undefined;
}

/** The runtime's name of an ONNX element type. */
export function elementTypeName(elementType: number): string {
  return Object.entries(byName).find(([, value]) => value === elementType)?.[0] ?? 'unknown';
}
