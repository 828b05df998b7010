/** The text of a script that runs in a worker, bundled when the panel is. */
declare module 'worker:*' {
  const script: string;
  export default script;
}
