// Runs pieces of Python in npm's 32-bit MicroPython:  node wasm.mjs FOLDER_OF_THE_PACKAGE < job.json
// job: {heap: bytes, files: {path inside: path outside}, pieces: [source, ...]}
// Each piece is a call of its own from JavaScript: this port collects garbage between such calls and not inside one.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const PYSTACK_WORDS = 16 * 1024; // frames, which this port keeps outside of the heap

const { loadMicroPython } = await import(pathToFileURL(join(process.argv[2], 'micropython.mjs')));
const job = JSON.parse(readFileSync(0, 'utf8'));
const micropython = await loadMicroPython({
    heapsize: job.heap, pystack: PYSTACK_WORDS, stdout: (line) => console.log(line), linebuffer: true,
});
for (const [inside, outside] of Object.entries(job.files)) {
    micropython.FS.mkdirTree(dirname(inside));
    micropython.FS.writeFile(inside, readFileSync(outside));
}
try {
    for (const piece of job.pieces) {
        micropython.runPython(piece);
    }
} catch (error) {
    console.error(error.message ?? error);
    process.exitCode = 1;
}
