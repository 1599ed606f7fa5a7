// tus_upload.mjs ENDPOINT TOKEN FILE PART_BYTES [--stop-after BYTES] [--resume URL]: sends the file with tus-js-client
// and prints the upload's address. With --stop-after it breaks off in the middle of a part, with --resume it goes on.
import { createReadStream, statSync } from 'node:fs';
import * as tus from 'tus-js-client';

const [endpoint, token, file, part, ...rest] = process.argv.slice(2);
const option = (name) => (rest.includes(name) ? rest[rest.indexOf(name) + 1] : undefined);
const stopAfter = Number(option('--stop-after') ?? Infinity);
const resume = option('--resume');

const upload = new tus.Upload(createReadStream(file), {
  endpoint,
  uploadUrl: resume ?? null,
  uploadSize: statSync(file).size,
  chunkSize: Number(part),
  retryDelays: [100, 500, 1000, 3000, 5000, 10000],
  headers: { Authorization: `Bearer ${token}` },
  metadata: { filename: 'lecture.pdf', filetype: 'application/pdf' },
  onProgress(sent) {
    if (sent < stopAfter) return;
    console.log(upload.url);
    process.exit(0);
  },
  onError(error) {
    console.log(error.message);
    process.exit(1);
  },
  onSuccess() {
    console.log(upload.url);
  },
});
upload.start();
