/** Who put a model on the disk, as far as the place tells; `given` where a path was named. */
export type DiskPlace = 'given' | 'huggingface' | 'ollama' | 'lmStudio' | 'llamaCpp';

/** How a model is stored; `LoRA` is what changes one that is stored elsewhere. */
export type DiskFormat = 'ONNX' | 'safetensors' | 'PyTorch' | 'GGUF' | 'LoRA';

/** A model on the disk, as its names and headers tell before it is opened. */
export interface DiskModel {
  /** Absolute path of what is opened: a folder or a file. */
  readonly path: string;
  /** As its makers name it: `org/name@revision`, `llama3.2:1b`, or its folder or file. */
  readonly name: string;
  readonly place: DiskPlace;
  readonly format: DiskFormat;
  /** `model_type` of its configuration, or the architecture that a GGUF file names. */
  readonly family?: string;
  /** Of most of its weights: `float32`, `bfloat16`, `Q4_K_M`, … */
  readonly precision?: string;
  /** Bytes of its files. */
  readonly bytes: number;
  /** Bytes of memory that it takes once it is open, about; of texts of usual length. */
  readonly memory?: number;
  /** Why it will not open, in a sentence; absent where nothing is known to be in the way. */
  readonly refused?: string;
}

/** The programs by the places that are theirs. */
export const PLACE_NAMES: Readonly<Record<Exclude<DiskPlace, 'given'>, string>> = {
  huggingface: 'Hugging Face',
  ollama: 'Ollama',
  lmStudio: 'LM Studio',
  llamaCpp: 'llama.cpp',
};

/** Bytes for people. */
export function sizeWords(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}

/** What is known of a model, in a line: `qwen3, bfloat16, safetensors, 1.2 GB on disk`. */
export function factsOf({ family, precision, format, bytes }: DiskModel): string {
  const facts = [family, precision, format, bytes > 0 ? `${sizeWords(bytes)} on disk` : undefined];
  return facts.filter(fact => fact !== undefined).join(', ');
}

/** Whether a model will open, and what it takes. */
export function outlookOf({ refused, memory = 0 }: DiskModel): string {
  return refused === undefined
    ? `opens with about ${sizeWords(memory)} of memory`
    : `does not open: ${refused}`;
}
