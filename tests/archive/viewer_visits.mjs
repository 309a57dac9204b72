// Looks up orders in archives on disk as the viewer's page does: [folder, stream] pairs as JSON on
// stdin, for each a verdict on stdout, or "refused" where the page says that it cannot show it.

import { readFileSync } from "node:fs";

const load = (name) => import(`${process.argv[2]}/${name}.mjs`);
const { FormatError, encodeText } = await load("bytes");
const { verify } = await load("check");
const { findRows, readRoot, readRow } = await load("lookup");

function reader(folder) {
  return async (path, offset, length) => {
    let data;
    try {
      data = new Uint8Array(readFileSync(`${folder}/${path}`));
    } catch {
      return null;
    }
    return offset === undefined ? data : data.subarray(offset, offset + length);
  };
}

async function visit(folder, stream) {
  const read = reader(folder);
  const root = await readRoot(read);
  if (root === null) return "refused";
  const files = [];
  for (const row of await findRows(root, stream, read)) files.push(await readRow(root, stream, row, read));
  if (!files.length || files.some(({ data }) => data === null)) return "refused";
  const keyring = root.keyring ? encodeText(root.keyring) : null;
  return (await verify(files, { keyring, index: root, read })).verdict;
}

const said = [];
for (const [folder, stream] of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    said.push(await visit(folder, stream));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    said.push("refused");
  }
}
process.stdout.write(JSON.stringify(said));
