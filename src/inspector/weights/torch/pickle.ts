import { shortened } from '../../files/shortened';
import { Dictionary, Named, storedTensor, storageOf, type Refuse } from './torchValues';

/** Opcodes that a dictionary of tensors is written with, protocols 2 to 4 of Python's `pickletools`. */
const Op = {
  protocol: 0x80,
  frame: 0x95,
  stop: 0x2e,
  mark: 0x28,
  none: 0x4e,
  true: 0x88,
  false: 0x89,
  byte: 0x4b,
  short: 0x4d,
  int: 0x4a,
  long: 0x8a,
  float: 0x47,
  text: 0x58,
  shortText: 0x8c,
  emptyTuple: 0x29,
  tuple1: 0x85,
  tuple2: 0x86,
  tuple3: 0x87,
  tuple: 0x74,
  emptyList: 0x5d,
  append: 0x61,
  appends: 0x65,
  emptyDictionary: 0x7d,
  setItem: 0x73,
  setItems: 0x75,
  put: 0x71,
  longPut: 0x72,
  memoize: 0x94,
  get: 0x68,
  longGet: 0x6a,
  name: 0x63,
  stackName: 0x93,
  persistent: 0x51,
  call: 0x52,
  state: 0x62,
} as const;

/** A tensor is written with about thirty opcodes; one file of a checkpoint has a few thousand tensors. */
const MOST_STEPS = 1e6;
const EMPTY: readonly unknown[] = [];

/**
 * The value that a pickle describes, read as data: what it would call is looked up in a short list of
 * names, of which each stands for a value of ours. Anything else is refused, and nothing is called.
 * @throws whatever `refuse` throws
 */
export function readPickle(bytes: Buffer, refuse: Refuse): unknown {
  return new PickleReader(bytes, refuse).read();
}

class PickleReader {
  private at = 0;
  private readonly stack: unknown[] = [];
  /** Heights of the stack that an opcode remembered. */
  private readonly marks: number[] = [];
  private readonly memo = new Map<number, unknown>();

  constructor(
    private readonly bytes: Buffer,
    private readonly refuse: Refuse,
  ) {}

  read(): unknown {
    for (let step = 0; step < MOST_STEPS; step++) {
      const op = this.take(1).readUInt8();
      if (op === Op.stop) return this.pop();
      if (!this.number(op) && !this.collection(op) && !this.reference(op)) this.other(op);
    }
    return this.refuse.unsupported(`its pickle has more than ${MOST_STEPS} steps`);
  }

  /** Values that an opcode holds itself. */
  private number(op: number): boolean {
    switch (op) {
      case Op.none:
        return this.push(null);
      case Op.true:
        return this.push(true);
      case Op.false:
        return this.push(false);
      case Op.byte:
        return this.push(this.take(1).readUInt8());
      case Op.short:
        return this.push(this.take(2).readUInt16LE());
      case Op.int:
        return this.push(this.take(4).readInt32LE());
      case Op.long:
        return this.push(integer(this.take(this.take(1).readUInt8())));
      case Op.float:
        return this.push(this.take(8).readDoubleBE());
      case Op.text:
        return this.push(this.take(this.take(4).readUInt32LE()).toString());
      case Op.shortText:
        return this.push(this.take(this.take(1).readUInt8()).toString());
      default:
        return false;
    }
  }

  private collection(op: number): boolean {
    switch (op) {
      case Op.mark:
        this.marks.push(this.stack.length);
        return true;
      case Op.emptyTuple:
        return this.push(EMPTY);
      case Op.tuple1:
      case Op.tuple2:
      case Op.tuple3:
        return this.push(this.popMany(op - Op.tuple1 + 1));
      case Op.tuple:
        return this.push(this.popToMark());
      case Op.emptyList:
        return this.push([]);
      case Op.append:
        return this.extend(this.popMany(1));
      case Op.appends:
        return this.extend(this.popToMark());
      case Op.emptyDictionary:
        return this.push(new Dictionary());
      case Op.setItem:
        return this.setItems(this.popMany(2));
      case Op.setItems:
        return this.setItems(this.popToMark());
      default:
        return false;
    }
  }

  /** What was read before, and what lies outside the pickle. */
  private reference(op: number): boolean {
    switch (op) {
      case Op.put:
        return this.remember(this.take(1).readUInt8());
      case Op.longPut:
        return this.remember(this.take(4).readUInt32LE());
      case Op.memoize:
        return this.remember(this.memo.size);
      case Op.get:
        return this.recall(this.take(1).readUInt8());
      case Op.longGet:
        return this.recall(this.take(4).readUInt32LE());
      case Op.name:
        return this.push(this.named(this.line(), this.line()));
      case Op.stackName: {
        const [module, name] = this.popMany(2);
        return this.push(this.named(String(module), String(name)));
      }
      case Op.persistent:
        return this.push(storageOf(this.pop(), this.refuse));
      default:
        return false;
    }
  }

  private other(op: number): void {
    switch (op) {
      case Op.protocol:
        this.take(1);
        return;
      case Op.frame:
        this.take(8);
        return;
      case Op.call:
        this.call();
        return;
      case Op.state:
        // A dictionary of weights carries the versions of its modules, which say nothing about values.
        this.pop();
        if (!(this.top() instanceof Dictionary)) {
          this.refuse.unsupported('it holds an object that is no dictionary of tensors');
        }
        return;
      default: {
        const code = op.toString(16).padStart(2, '0');
        this.refuse.unsupported(
          `it holds something other than a dictionary of tensors (pickle opcode 0x${code})`,
        );
      }
    }
  }

  private call(): void {
    const [called, given] = this.popMany(2);
    if (!(called instanceof Named) || !Array.isArray(given)) {
      this.refuse.broken('its pickle calls what is no function');
    }
    const values: readonly unknown[] = given;
    this.push(
      called.kind === 'dictionary' && values.length === 0
        ? new Dictionary()
        : storedTensor(called, values, this.refuse),
    );
  }

  private named(module: string, name: string): Named {
    const full = `${module}.${name}`;
    return (
      Named.of(full) ??
      this.refuse.unsupported(
        `it wants to call or to make ${shortened(full)}, and only tensors are read from it`,
      )
    );
  }

  private extend(values: readonly unknown[]): boolean {
    const list = this.top();
    if (!Array.isArray(list) || list === EMPTY) this.damaged();
    for (const value of values) list.push(value);
    return true;
  }

  private setItems(values: readonly unknown[]): boolean {
    const dictionary = this.top();
    if (!(dictionary instanceof Dictionary) || values.length % 2 !== 0) this.damaged();
    for (let i = 0; i < values.length; i += 2) dictionary.entries.push([values[i], values[i + 1]]);
    return true;
  }

  private remember(key: number): boolean {
    this.memo.set(key, this.top());
    return true;
  }

  private recall(key: number): boolean {
    if (!this.memo.has(key)) this.damaged();
    return this.push(this.memo.get(key));
  }

  private push(value: unknown): true {
    this.stack.push(value);
    return true;
  }

  private top(): unknown {
    if (this.stack.length === 0) this.damaged();
    return this.stack.at(-1);
  }

  private pop(): unknown {
    const [value] = this.popMany(1);
    return value;
  }

  private popMany(count: number): unknown[] {
    const start = this.stack.length - count;
    if (start < (this.marks.at(-1) ?? 0)) this.damaged();
    return this.stack.splice(start);
  }

  private popToMark(): unknown[] {
    const mark = this.marks.pop();
    return mark === undefined ? this.damaged() : this.stack.splice(mark);
  }

  private line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) this.damaged();
    const text = this.take(end - this.at).toString();
    this.take(1);
    return text;
  }

  private take(length: number): Buffer {
    const end = this.at + length;
    if (end > this.bytes.length) this.refuse.broken('its pickle does not end');
    const part = this.bytes.subarray(this.at, end);
    this.at = end;
    return part;
  }

  private damaged(): never {
    return this.refuse.broken('its pickle is damaged');
  }
}

/** A whole number, lowest byte first; what is too large for one is no size. */
function integer(bytes: Buffer): number {
  if (bytes.length === 0) return 0;
  return bytes.length > 6 ? Number.NaN : bytes.readIntLE(0, bytes.length);
}
