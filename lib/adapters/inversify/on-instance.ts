/** Is told of every instance that a container hands out. */
export type Hear = (instance: unknown) => void;
