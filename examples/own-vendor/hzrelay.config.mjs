// `hzrelay dev` and `hzrelay doctor` look for an agent in a file of this name in the current folder.
export { default } from './agent.mjs';
