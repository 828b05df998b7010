import { MemorySource } from '../../onnx/file/byteSource';
import { MalformedMessage, ProtobufReader } from '../../onnx/file/protobufReader';
import { brokenFile, MOST_ENTRIES, tooMany } from './vocabularyFile';

/** A piece of a SentencePiece vocabulary; its place is its id. */
export interface SentencePiece {
  readonly piece: string;
  /** Logarithm of its probability, or for byte-pair encoding minus its rank. */
  readonly score: number;
  readonly type: number;
}

/** Kinds of pieces that are looked for as a whole. */
export const PieceType = { control: 3, userDefined: 4 } as const;

/** What `sentencepiece_model.proto` holds that a tokenizer.json needs. */
export interface SentencePieceModel {
  readonly pieces: readonly SentencePiece[];
  readonly algorithm: 'Unigram' | 'BPE';
  readonly unknownId: number;
  readonly unknownPiece: string;
  /** Compiled rules of normalisation; empty where there are none. */
  readonly charsmap: Uint8Array;
}

/** Words of a vocabulary have some dozens of bytes. */
const LONGEST_PIECE = 1024;
const ALGORITHMS: Readonly<Record<number, string>> = {
  1: 'Unigram',
  2: 'BPE',
  3: 'Word',
  4: 'Char',
};

/**
 * Reads a SentencePiece model, a message of protocol buffers.
 * @param name of the file, for errors
 * @throws InspectorError `tokenizer-broken`
 */
export function readSentencePiece(bytes: Uint8Array, name: string): SentencePieceModel {
  try {
    return readModel(new ProtobufReader(new MemorySource(bytes)), name);
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    throw brokenFile(name, `it is not a SentencePiece model: ${error.message}`, error);
  }
}

function readModel(reader: ProtobufReader, name: string): SentencePieceModel {
  const pieces: SentencePiece[] = [];
  const trainer = { algorithm: 1, unknownId: 0, unknownPiece: '<unk>' };
  let charsmap: Uint8Array = new Uint8Array(0);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) {
      if (pieces.length >= MOST_ENTRIES) throw tooMany(name, pieces.length + 1, 'pieces or more');
      pieces.push(readPiece(reader.message(), pieces.length, name));
    } else if (field === 2) readTrainer(reader.message(), trainer, name);
    else if (field === 3) charsmap = readCharsmap(reader.message()) ?? charsmap;
    else reader.skip();
  }
  if (pieces.length === 0) throw brokenFile(name, 'it holds no pieces');
  const algorithm = ALGORITHMS[trainer.algorithm];
  if (algorithm !== 'Unigram' && algorithm !== 'BPE') {
    throw brokenFile(
      name,
      `its algorithm is ${algorithm ?? `number ${trainer.algorithm}`}; only Unigram and BPE are known`,
    );
  }
  return { pieces, ...trainer, algorithm, charsmap };
}

function readPiece(reader: ProtobufReader, id: number, name: string): SentencePiece {
  let [piece, score, type] = ['', 0, 1];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) piece = readText(reader, `piece ${id}`, name);
    else if (field === 2) score = reader.float();
    else if (field === 3) type = reader.int();
    else reader.skip();
  }
  if (Number.isFinite(score)) return { piece, score, type };
  throw brokenFile(name, `the score of its piece ${id} is not a number`);
}

function readTrainer(
  reader: ProtobufReader,
  into: { algorithm: number; unknownId: number; unknownPiece: string },
  name: string,
): void {
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 3) into.algorithm = reader.int();
    else if (field === 40) into.unknownId = reader.int();
    else if (field === 45) into.unknownPiece = readText(reader, 'the unknown piece', name);
    else reader.skip();
  }
}

function readCharsmap(reader: ProtobufReader): Uint8Array | undefined {
  let charsmap: Uint8Array | undefined;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 2) charsmap = reader.bytes();
    else reader.skip();
  }
  return charsmap;
}

function readText(reader: ProtobufReader, what: string, name: string): string {
  const { start, end } = reader.span();
  if (end - start > LONGEST_PIECE) {
    throw brokenFile(
      name,
      `${what} has ${(end - start).toLocaleString('en')} bytes; ${LONGEST_PIECE} is the most that is read`,
    );
  }
  try {
    return utf8.decode(reader.source.view(start, end - start));
  } catch (error) {
    throw brokenFile(name, `${what} is not UTF-8`, error);
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
