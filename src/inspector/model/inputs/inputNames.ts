const prefix = 'decoder_';

/** Whether an input of a decoder in a file of its own repeats something of the encoder. */
export function isFromEncoder(name: string): boolean {
  return name.startsWith('encoder_');
}

/** The name under which an input of a decoder in a file of its own is fed. */
export function decoderName(name: string): string {
  return name.startsWith(prefix) || isFromEncoder(name) ? name : `${prefix}${name}`;
}

/** Whether a name is that of a decoder's input, where encoder and decoder are files of their own. */
export function isDecoderName(name: string): boolean {
  return name.startsWith(prefix) || isFromEncoder(name);
}
