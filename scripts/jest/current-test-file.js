/** The functions that Jest made for the file of tests that runs in this process. */
export const current = { globals: undefined };
