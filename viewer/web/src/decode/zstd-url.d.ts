declare module "virtual:zstd" {
  /** Where the WebAssembly of the zstd decoder is: see `build/zstd.ts`. */
  const url: string;
  export default url;
}
