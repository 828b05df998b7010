import assert from 'node:assert/strict';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { MemorySource } from '../../../src/inspector/onnx/file/byteSource';
import { MalformedMessage, ProtobufReader } from '../../../src/inspector/onnx/file/protobufReader';

const readerOf = (...bytes: number[]) =>
  new ProtobufReader(new MemorySource(Uint8Array.from(bytes)));

describe('ProtobufReader', () => {
  it('reads what a writer wrote', () => {
    const writer = new BinaryWriter();
    writer.tag(1, WireType.Varint).int64(-1);
    writer.tag(2, WireType.Varint).int64(Number.MAX_SAFE_INTEGER);
    writer.tag(3, WireType.LengthDelimited).string('größe');
    writer.tag(4, WireType.Bit32).float(0.5);
    writer.tag(5, WireType.LengthDelimited).fork().int64(1).int64(-7).int64(300).join();
    writer.tag(5, WireType.Varint).int64(9);
    const reader = readerOf(...writer.finish());
    assert.equal(reader.next(), 1);
    assert.equal(reader.int(), -1);
    assert.equal(reader.next(), 2);
    assert.equal(reader.int(), Number.MAX_SAFE_INTEGER);
    assert.equal(reader.next(), 3);
    assert.equal(reader.string(), 'größe');
    assert.equal(reader.next(), 4);
    assert.equal(reader.float(), 0.5);
    const ints: number[] = [];
    while (reader.next() === 5) reader.ints(ints);
    assert.deepEqual(ints, [1, -7, 300, 9]);
    assert.equal(reader.next(), 0);
  });

  it('skips every wire type without reading it', () => {
    const writer = new BinaryWriter();
    writer.tag(1, WireType.Varint).int64(123456789);
    writer.tag(2, WireType.Bit64).fixed64(1);
    writer.tag(3, WireType.LengthDelimited).bytes(new Uint8Array(100));
    writer.tag(4, WireType.Bit32).fixed32(1);
    const reader = readerOf(...writer.finish());
    for (const field of [1, 2, 3, 4]) {
      assert.equal(reader.next(), field);
      reader.skip();
    }
    assert.equal(reader.next(), 0);
  });

  for (const [name, bytes] of [
    ['a length beyond the end', [0x0a, 0x7f, 0x41]],
    ['a length of many gigabytes', [0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['a number that does not end', [0x08, ...new Array<number>(12).fill(0xff)]],
    ['a number cut off', [0x08, 0x80]],
    ['a group, which nothing here uses', [0x0b]],
    ['field number 0', [0x00, 0x01]],
    ['a fixed number cut off', [0x0d, 0x00]],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.throws(() => {
        const reader = readerOf(...bytes);
        while (reader.next()) reader.skip();
      }, MalformedMessage);
    });
  }

  it('does not read past the message that it was given', () => {
    const reader = new ProtobufReader(
      new MemorySource(Uint8Array.of(0x0a, 0x02, 0x41, 0x42)),
      0,
      3,
    );
    assert.equal(reader.next(), 1);
    assert.throws(() => reader.string(), MalformedMessage);
  });
});
