// @ts-check
/** `serve-page.mjs ADDRESS`: one static page on port 80 of that address, and of no other. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const logo = readFileSync(new URL('../../assets/logo.svg', import.meta.url), 'utf8');
const page = readFileSync(new URL('./page.html', import.meta.url), 'utf8').replace('<!-- logo -->', logo);

createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', connection: 'close' });
  response.end(page);
}).listen(80, process.argv[2], () => process.stdout.write('listening\n'));
