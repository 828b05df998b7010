import assert from 'node:assert/strict';
import v8 from 'node:v8';
import { packingPort, unpackingPort } from '../../../src/protocol/packedTokens';
import type { Port } from '../../../src/protocol/rpc';
import type { Token } from '../../../src/protocol/tokens';
import { longTokens } from '../../support/longCapture';

/** Sends a message through both ends and gives what travelled and what arrived. */
function send(message: unknown): { travelled: unknown; arrived: unknown } {
  let [travelled, arrived]: unknown[] = [];
  let hear: (message: unknown) => void = () => undefined;
  const port: Port = {
    post: value => {
      travelled = value;
      hear(v8.deserialize(v8.serialize(value)));
    },
    listen: listener => {
      hear = listener;
      return () => undefined;
    },
  };
  unpackingPort(port).listen(value => (arrived = value));
  packingPort(port).post(message);
  return { travelled, arrived };
}

describe('tokens on a channel', () => {
  it('arrive as they were sent, wherever they stand in the message', () => {
    const tokens: Token[] = longTokens(3000).map((token, i) =>
      i % 5 === 0 ? { ...token, sequence: i % 2, typeId: 1, special: i % 10 === 0 } : token,
    );
    tokens[11] = { ...longTokens(12)[11]!, turn: 3, template: true };
    tokens[12] = { ...longTokens(13)[12]!, turn: 0 };
    tokens[7] = { ...longTokens(8)[7]!, text: 'half of 😀'.slice(0, 9), unknown: true };
    for (const message of [
      { kind: 'result', id: 3, value: { tokens: { encoder: tokens, decoder: tokens } } },
      { kind: 'progress', id: 3, value: { stage: 'running', tokens } },
      {
        kind: 'event',
        name: 'side',
        value: { state: { capture: { tokens: { encoder: tokens } } } },
      },
    ]) {
      const { travelled, arrived } = send(message);
      assert.deepEqual(arrived, message);
      assert.notDeepEqual(travelled, message);
      assert.ok(v8.serialize(travelled).length < v8.serialize(message).length / 2);
    }
  });

  it('are packed once, also by the one who passes them on', () => {
    const tokens = longTokens(1000);
    const first = send({ tokens }).travelled as { tokens: unknown };
    assert.equal((send({ tokens }).travelled as { tokens: unknown }).tokens, first.tokens);
    const { arrived } = send({ tokens });
    const again = send(arrived).travelled as { tokens: { numbers: Int32Array } };
    assert.equal((send(arrived).travelled as typeof again).tokens.numbers, again.tokens.numbers);
    const read = (arrived as { tokens: readonly Token[] }).tokens;
    assert.equal((arrived as { tokens: readonly Token[] }).tokens, read);
    assert.equal((send(arrived).travelled as typeof again).tokens.numbers, again.tokens.numbers);
    assert.equal((send({ read }).travelled as { read: unknown }).read, again.tokens);
  });

  it('are not made by one who only passes them on', () => {
    let made = 0;
    const { travelled } = send({ state: { tokens: { encoder: longTokens(1000) } } });
    const numbers = new Proxy(new Int32Array(0), {
      get: (target, key) => {
        made++;
        return Reflect.get(target, key) as unknown;
      },
    });
    const columns = (travelled as { state: { tokens: { encoder: object } } }).state.tokens.encoder;
    let hear: (message: unknown) => void = () => undefined;
    const port: Port = {
      post: value => assert.ok(value),
      listen: listener => {
        hear = listener;
        return () => undefined;
      },
    };
    unpackingPort(port).listen(message => packingPort(port).post(message));
    hear({ state: { tokens: { encoder: { ...columns, numbers } } } });
    assert.equal(made, 0);
  });

  it('leaves everything else as it is', () => {
    const others = [
      { tokens: longTokens(10) },
      { tokens: longTokens(400).map(token => ({ ...token, rank: 1 })) },
      { tokens: Array.from({ length: 400 }, (_, i) => i) },
      { codes: new Uint8Array(4), list: [{ tokens: [] }], nothing: null },
      'text',
      undefined,
    ];
    for (const message of others) assert.equal(send(message).travelled, message);
  });

  it('cost the extension host a fraction of what objects would', () => {
    const tokens = longTokens(32_768);
    const time = (act: () => unknown): number => {
      const started = process.cpuUsage();
      act();
      const { user, system } = process.cpuUsage(started);
      return (user + system) / 1000;
    };
    const least = (act: () => unknown) => Math.min(...Array.from({ length: 5 }, () => time(act)));
    const { travelled } = send({ tokens });
    const bytes = v8.serialize(travelled);
    const objects = v8.serialize({ tokens });
    const packed = least(() => send(v8.deserialize(bytes)));
    const plain = least(() => v8.deserialize(objects));
    console.log(
      `      32,768 tokens: ${packed.toFixed(1)} ms packed, ${plain.toFixed(1)} ms as objects`,
    );
    assert.ok(packed < plain);
  });
});
