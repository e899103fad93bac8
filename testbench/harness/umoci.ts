/** Runs umoci, with which the unpacked trees of Windlass are compared. */
import { join } from 'node:path'
import { runTool } from './run-tool.js'

/** Unpacks `image` (`<layout>:<name>`) into the new directory `bundle`, and returns the path of its tree. */
export async function umociUnpack(image: string, bundle: string): Promise<string> {
  await runTool('umoci', ['unpack', '--image', image, bundle])
  return join(bundle, 'rootfs')
}
