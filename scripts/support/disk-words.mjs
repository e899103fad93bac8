/** Checks the message of a command when the disk fails: one clear line with the path and the reason, and a hint. */

const words = {
  ENOSPC: { says: /no space left/, hint: /space/ },
  EDQUOT: { says: /quota is used up/, hint: /space|quota/ },
  EMFILE: { says: /too many open files/, hint: /ulimit -n/ },
  EROFS: { says: /is read-only/, hint: /on a writable file system|read-only/ },
  EIO: { says: /the disk reports an error/, hint: /system log/ },
}

/** Returns the violations in the result of a command. */
export function wordsWrong({ code, signal, hung, stdout, stderr }, { error, root }) {
  if (hung) return [`it did not end, and said ${JSON.stringify(stdout + stderr)}`]
  if (signal !== null || code === null) return [`it was killed by ${signal}`]
  const wrong = []
  const must = (what, holds) => holds || wrong.push(`${what}: ${code} ${JSON.stringify(stderr)}`)
  must('a stack trace', !/^\s+at .*:\d+|node:internal/m.test(stderr))
  const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('windlass: warning: '))
  if (code === 0) {
    // A message may report that something was left behind.
    must('it succeeded, but printed an error', lines.length === 0)
    return wrong
  }
  must('the exit code is not that of the store', code === 7)
  must('not one line', lines.filter((line) => line.startsWith('windlass: ')).length === 1)
  must('no hint, or more than one', lines.length === 2 && /^ {2}\S.*\.$/.test(lines[1] ?? ''))
  must('the path is not named', stderr.includes(root) || stdout.includes(root))
  const output = `${stdout}${stderr}`
  must('it does not say what went wrong', words[error].says.test(output))
  // A report on stdout has a reason for each item. The hint then applies to all of them.
  must('the hint does not fit', words[error].hint.test(lines[1] ?? '') || stdout !== '')
  return wrong
}
