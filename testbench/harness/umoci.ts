/** Runs umoci: the other unpacker, against which ours is compared. */
import { join } from 'node:path'
import { runTool } from './run-tool.js'

/** Unpacks `image` (`<layout>:<name>`) into the new directory `bundle` and gives the path of the tree in it. */
export async function umociUnpack(image: string, bundle: string): Promise<string> {
  await runTool('umoci', ['unpack', '--image', image, bundle])
  return join(bundle, 'rootfs')
}
