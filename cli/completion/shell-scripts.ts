/**
 * The scripts that make a shell complete the command lines of `windlass`. A script passes the words up to the cursor to
 * `windlass complete -- WORD…` and offers what that prints (`reply.ts`). The words are passed as arguments: a script that
 * evaluated them, as those of most generators do, would run what the user has typed but not entered.
 */

/** Names of the shells. */
export const shells = ['bash', 'zsh', 'fish'] as const

/** Name of a shell. */
export type Shell = (typeof shells)[number]

// Bash cuts words at the characters in COMP_WORDBREAKS, also within alpine:3.20. The parts are joined again, and the part
// that bash does not replace is removed from the values. Works with bash 3.2 and without the package bash-completion.
const bash = `# bash completion for windlass
_windlass_complete() {
  local rest=\${COMP_LINE:0:COMP_POINT} words=() word after i
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    after=\${rest#"\${rest%%[![:space:]]*}"}
    if ((\${#word} > \${#after})); then word=$after; fi
    if ((i > 0)) && [[ $after == "$rest" ]]; then
      words[\${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
    rest=\${after#"$word"}
  done
  local current=\${words[\${#words[@]} - 1]} breaks= fixed= char
  for char in : = @; do
    if [[ $COMP_WORDBREAKS == *$char* ]]; then breaks+=$char; fi
  done
  if [[ -n $breaks ]]; then fixed=\${current%"\${current##*[$breaks]}"}; fi
  local line value kind=
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :*) kind=\${line#:} ;;
      *)
        value=\${line%%$'\\t'*}
        COMPREPLY+=("\${value#"$fixed"}")
        ;;
    esac
  done < <(windlass complete -- "\${words[@]:1}" 2>/dev/null)
  local action=
  case $kind in
    nospace) compopt -o nospace 2>/dev/null ;;
    files) action=file ;;
    directories) action=directory ;;
  esac
  if [[ -n $action ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do
      COMPREPLY+=("\${line#"$fixed"}")
    done < <(compgen -A $action -- "$current")
  fi
}
complete -F _windlass_complete windlass
`

const zsh = `#compdef windlass
# zsh completion for windlass
_windlass() {
  local line kind value text
  local -a before pairs
  before=("\${(@Q)words[2,CURRENT-1]}")
  if ((CURRENT <= 2)); then before=(); fi
  while IFS= read -r line; do
    if [[ $line == :* ]]; then
      kind=\${line#:}
    else
      value=\${line%%$'\\t'*}
      text=\${line#*$'\\t'}
      pairs+=("\${value//:/\\\\:}:$text")
    fi
  done < <(windlass complete -- "\${before[@]}" "\${(Q)PREFIX}" 2>/dev/null)
  case $kind in
    files) _files ;;
    directories) _files -/ ;;
    nospace) _describe -t values value pairs -S '' ;;
    *) _describe -t values value pairs ;;
  esac
}
if [[ \${funcstack[1]} == _windlass ]]; then
  _windlass
else
  compdef _windlass windlass
fi
`

// Fish itself adds no space behind a value that ends with = : / or a similar character.
const fish = `# fish completion for windlass
function __windlass_complete
    set -l before (commandline -opc)
    set -e before[1]
    set -l current (commandline -ct)
    set -l lines (windlass complete -- $before "$current" 2>/dev/null)
    switch "$lines[-1]"
        case ':files'
            __fish_complete_path "$current"
        case ':directories'
            __fish_complete_directories "$current"
        case '*'
            if test (count $lines) -gt 1
                printf '%s\\n' $lines[1..-2]
            end
    end
end
complete -c windlass -f -a '(__windlass_complete)'
`

/** The script of each shell. */
export const shellScripts: Readonly<Record<Shell, string>> = { bash, zsh, fish }
