import { ATTRIBUTION_USAGE, CONTINUE_USAGE, FEED_USAGE, MASK_USAGE, ORDER_USAGE } from './options';
import { CHECK_USAGE } from './checkArguments';
import { DIFF_USAGE } from './diffArguments';
import { TRY_USAGE } from './tryArguments';

/** What `--help` prints, and what follows a command that was not understood. */
export const USAGE = `Usage:
  inspect --model <folder|file> [--text T [--pair T] | --chat FILE] [--target T]
          [--inputs feeds.safetensors] [--template NAME] [--generation-prompt]
          [--feed ${FEED_USAGE}]… [--mask ${MASK_USAGE}]
          [--continue ${CONTINUE_USAGE}] [--order ${ORDER_USAGE}] [--equal-positions]
          [--interventions list.json] [--break CONDITION]
          [--dump out.safetensors] [--maximum-tokens N]
          [--json [--facts] [--layers [--lens logitLens|maskedLm]] [--attribution ${ATTRIBUTION_USAGE}]
          [--positions]]
      Runs a model (an ONNX file, a Hugging Face folder, .safetensors beside its
      config.json, or a GGUF file) and prints what its attention did; --feed says what an input of the
      graph is fed: a number for every element, or all of them; --mask replaces the mask of its
      self-attention or pads the text, --continue puts vocabulary entries after the text
      or target, --dump writes every tensor, --facts adds role, entropy and mean weights
      of every head to the JSON of a text, --layers its predictions and its residual
      stream by layer, --attribution what each layer contributes to a logit.
      --pair gives a second text, split with the first as the tokenizer splits pairs; --chat
      reads a file of messages (JSON, or lines that begin with user:, assistant: or system:)
      and renders it with the chat template of the tokenizer, --template names one of several,
      --generation-prompt opens the answer after the last message.
      --order puts the tokens of the text in another order, --equal-positions tells all of
      them the same position. --positions adds how the model knows order and the scores of
      every head by distance, and what another order did beside the plain run.
      --interventions changes numbers of the run as a list says (docs/interventions.md), and
      adds the 10 most probable outputs of every token before and after to the JSON.
      --break adds where a condition holds, in the order of computation, as
      --break 'weight(0) > 0.9' (docs/breakpoints.md).
  inspect --capture file.safetensors [--json [--facts] [--layers] [--positions]]
      Prints the same of a saved capture or a dump, without its model.
  tokenize --model <folder|file.gguf> --jsonl strings.jsonl
      Prints ids, UTF-16 offsets and tokens of each line {"i": 0, "text": "…"}.
  probe --model <folder|file.onnx> [--conllu file] [--save probes.safetensors] [--json]
      Fits linear probes on every layer, on the bundled treebank or a CoNLL-U file, and
      prints how well they do; --save writes report and probes.
  syntax --model <folder|file.onnx> [--conllu file] [--json]
      Prints how often the word that each head attends to most is the dependency's head.
${CHECK_USAGE}${DIFF_USAGE}${TRY_USAGE}  weights [--delete]
      Prints where weights are kept that were unpacked into files, of GGUF or of half precision,
      and how many bytes they have; --delete removes them.
  models [--json]
      Prints the models that Hugging Face, Ollama, LM Studio and llama.cpp keep on this disk:
      family, precision, size, and whether they open.
  fetch <org/name[@revision]|org/name/file|address> [--yes]
      Downloads a model from the Hugging Face Hub into its cache, from where an earlier
      attempt stopped, and prints the path to open. The list of its files is asked for at
      once; licence and size are shown, and weights are fetched when you say yes.
`;
