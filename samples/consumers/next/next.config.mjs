/** Next puts a server into .next/standalone that needs no node_modules beside it. */
export default { output: 'standalone', outputFileTracingRoot: import.meta.dirname };
