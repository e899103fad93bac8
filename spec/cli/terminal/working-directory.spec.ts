/** A working directory that does not exist any more. */
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ensureWorkingDirectory } from '../../../cli/terminal/working-directory.js'

describe('a working directory', () => {
  it('that is there stays', () => {
    const chdir = vi.spyOn(process, 'chdir').mockImplementation(() => undefined)
    onTestFinished(() => {
      chdir.mockRestore()
    })
    ensureWorkingDirectory()
    expect(chdir).not.toHaveBeenCalled()
  })

  it('that is gone makes relative paths an error, and threads start in the root', () => {
    const chdir = vi.spyOn(process, 'chdir').mockImplementation(() => undefined)
    const cwd = vi.spyOn(process, 'cwd').mockImplementation(() => {
      throw new Error('ENOENT: uv_cwd')
    })
    onTestFinished(() => {
      chdir.mockRestore()
      cwd.mockRestore()
    })
    ensureWorkingDirectory()
    expect(chdir).toHaveBeenCalledWith('/')
    expect(() => process.cwd()).toThrow('The working directory does not exist any more')
  })
})
