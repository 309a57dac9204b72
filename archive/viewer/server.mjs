// Reading files of the archive that this page lies in, from any plain file server.

import { FormatError } from "./bytes.mjs";

// Returns `read(path, offset, length)`: bytes, or null where there is no such file or no server.
// Simple file servers ignore Range and answer with the whole file, so it is cut here.
export function fileReader() {
  if (!/^https?:$/.test(location.protocol)) return async () => null;
  const base = new URL("../", location.href);
  return async (path, offset, length) => {
    const address = new URL(path.split("/").map(encodeURIComponent).join("/"), base);
    const headers = offset === undefined ? {} : { Range: `bytes=${offset}-${offset + length - 1}` };
    let answer;
    try {
      answer = await fetch(address, { headers, cache: "no-cache", credentials: "same-origin", redirect: "error" });
    } catch {
      return null;
    }
    if (answer.status === 404 || answer.status === 403) return null;
    if (!answer.ok) throw new FormatError(`${path}: the server answers ${answer.status}`);
    const data = new Uint8Array(await answer.arrayBuffer());
    if (offset === undefined || answer.status === 206) return data;
    return data.subarray(offset, offset + length);
  };
}
