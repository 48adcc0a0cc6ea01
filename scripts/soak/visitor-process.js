// A browser's call in a child process, so that it can be killed. Its argument is the relay's address.
import { callFromBrowser } from './browser-visitor.js';

await callFromBrowser(process.argv[2]);
console.log('connected');
