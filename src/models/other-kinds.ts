/* What people take for a safetensors file: known by its first bytes, so that a message can say what it is and what to do. */

interface Kind {
  /** Whether a file that begins with this text, a character a byte, is of this kind. */
  readonly begins: (text: string) => boolean;
  /** What it is and what to do, the end of a sentence that begins with the file. */
  readonly is: string;
}

const CONVERT =
  'in Python, read it with torch.load(…, weights_only=True) and write its state dict with safetensors.torch.save_file';

const kinds: readonly Kind[] = [
  {
    begins: (text) => text.startsWith('version https://git-lfs'),
    is: 'it is a pointer of Git LFS, which stands for the file in a repository; get the file itself with `git lfs pull`',
  },
  {
    begins: (text) => /^\s*<(!doctype|html|head|\?xml|!--)/i.test(text),
    is: 'it is a web page (HTML), as a download leaves where the address leads to a page; download the file itself',
  },
  {
    begins: (text) => text.startsWith('PK\u0003\u0004'),
    is: `it is a ZIP archive, as torch.save writes (.pt, .pth); ${CONVERT}`,
  },
  {
    // Protocols 2 to 5, followed by a frame, a number, a dictionary, a list, a class or a tuple.
    begins: (text) =>
      text[0] === '\u0080' && '\u0002\u0003\u0004\u0005'.includes(text[1]) && '\u0095\u008a}](c'.includes(text[2]),
    is: `it is a Python pickle, as older versions of torch.save write (.pt, .pth); ${CONVERT}`,
  },
  {
    begins: (text) => text.startsWith('\u001f\u008b'),
    is: 'it is compressed with gzip; unpack it with `gunzip`',
  },
  {
    begins: (text) => text.startsWith('\u0089HDF\r\n'),
    is: 'it is an HDF5 file, as Keras writes (.h5); write the tensors with safetensors',
  },
  {
    begins: (text) => /^(ï»¿)?\s*([[{]\s*["{[\]}]|\[\s*-?\d)/.test(text), // perhaps after a byte order mark
    is: 'it is JSON text, perhaps the index or the settings beside the file with the tensors; give that file',
  },
];

/** Bytes that tell the kind. */
const ENOUGH = 64;

/** What a file is that is no safetensors file, and what to do; undefined where that is not known. */
export function otherKind(bytes: Uint8Array): string | undefined {
  const beginning = String.fromCharCode(...bytes.subarray(0, ENOUGH));
  return kinds.find(({ begins }) => begins(beginning))?.is;
}
