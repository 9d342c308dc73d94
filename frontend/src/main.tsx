/** Composition root: which page this is, and what it is made of. */
export {};
