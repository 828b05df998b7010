import { InspectorError } from '../../../protocol/errors';
import { shortened } from '../../files/shortened';
import type { GraphBuilder, Value } from './graphBuilder';

type Activation = (g: GraphBuilder, x: Value) => Value;

const exactGelu: Activation = (g, x) => g.op('Gelu', [x]);
const tanhGelu: Activation = (g, x) => g.op('Gelu', [x], { approximate: 'tanh' });
const silu: Activation = (g, x) => g.op('Mul', [x, g.op('Sigmoid', [x])]);

/** By their names in Hugging Face (`ACT2FN`). */
const activations: ReadonlyMap<string, Activation> = new Map<string, Activation>([
  ['gelu', exactGelu],
  ['gelu_python', exactGelu],
  ['gelu_new', tanhGelu],
  ['gelu_fast', tanhGelu],
  ['gelu_pytorch_tanh', tanhGelu],
  ['gelu_python_tanh', tanhGelu],
  ['gelu_accurate', tanhGelu],
  ['quick_gelu', (g, x) => g.op('Mul', [x, g.op('Sigmoid', [g.op('Mul', [x, g.float(1.702)])])])],
  ['silu', silu],
  ['swish', silu],
  ['relu', (g, x) => g.op('Relu', [x])],
  ['relu2', (g, x) => g.op('Mul', [g.op('Relu', [x]), g.op('Relu', [x])])],
  ['tanh', (g, x) => g.op('Tanh', [x])],
  ['sigmoid', (g, x) => g.op('Sigmoid', [x])],
  ['linear', (_, x) => x],
]);

/** @throws InspectorError `model-unsupported` for a name that is not known */
export function activation(g: GraphBuilder, x: Value, name: string): Value {
  const make = activations.get(name);
  if (make) return make(g, x);
  throw new InspectorError(
    'model-unsupported',
    `The activation “${shortened(name)}” of config.json is not one that is computed here: export ` +
      'the model to ONNX instead, as docs/exporting.md shows.',
  );
}
