// The scripts that make shells ask `cooper __complete`. They know nothing of the commands: what is typed goes there, what comes
// back is offered. Answers are lines `candidate TAB note`, the last is `:words`, `:files` or `:directories`.

/** The shells that there is a script for. */
export const shells = ['bash', 'zsh', 'fish'] as const;

/** One of them. */
export type Shell = (typeof shells)[number];

// bash cuts words at : and =, which image names and options have: they are put together again, and what bash has before the
// last cut is taken off the candidates.
const bash = String.raw`# Completion of cooper for bash: source <(cooper completion bash)
_cooper() {
  local -a words=()
  local i word glue= current line directive= text before= file
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]-}
    if ((\${#words[@]} > 0)) && [[ -n $glue || $word == [:=]* ]]; then
      words[\${#words[@]} - 1]+=$word
      glue=
    else
      words+=("$word")
    fi
    [[ $word == *[:=] ]] && glue=yes
  done
  ((\${#words[@]} > 0)) || words=('')
  current=\${words[\${#words[@]} - 1]}
  if [[ $COMP_WORDBREAKS == *:* && $current == *:* ]]; then before=\${current%"\${current##*:}"}; fi
  if [[ $COMP_WORDBREAKS == *=* && $current == --*=* ]]; then before=\${current%%=*}=; fi
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :* ]]; then directive=$line; continue; fi
    text=\${line%%$'\t'*}
    COMPREPLY+=("\${text#"$before"}")
  done < <("\${COMP_WORDS[0]}" __complete -- "\${words[@]}" 2>/dev/null)
  case $directive in
    :files | :directories)
      compopt -o filenames 2>/dev/null
      [[ $current == --*=* ]] && file=\${current#*=} || file=$current
      [[ $directive == :files ]] && i=-f || i=-d
      while IFS= read -r line; do
        [[ $current == --*=* && -z $before ]] && line=\${current%%=*}=$line
        COMPREPLY+=("$line")
      done < <(compgen "$i" -- "$file")
      ;;
    *)
      [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *[:=/] ]] && compopt -o nospace 2>/dev/null
      ;;
  esac
  return 0
}
complete -F _cooper cooper
`;

const zsh = String.raw`#compdef cooper
# Completion of cooper for zsh: source <(cooper completion zsh), or as the file _cooper in a folder of $fpath
_cooper() {
  local -a lines whole begun
  local line text note
  lines=("\${(@f)$("\${(Q)words[1]}" __complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "\${(@)lines[1,-2]}"; do
    text=\${line%%$'\t'*}
    note=\${line#*$'\t'}
    [[ $note == $line ]] && note=
    [[ $text == *[:=] ]] && begun+=("\${text//:/\\:}\${note:+:$note}") || whole+=("\${text//:/\\:}\${note:+:$note}")
  done
  case \${lines[-1]} in
    :files) compset -P '--*='; _files ;;
    :directories) compset -P '--*='; _files -/ ;;
    *) _describe -V cooper whole -- begun -S '' ;;
  esac
}
if [[ $funcstack[1] == _cooper ]]; then _cooper "$@"; else compdef _cooper cooper; fi
`;

const fish = String.raw`# Completion of cooper for fish: cooper completion fish | source
function __cooper_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  test (count $current) -eq 0; and set current ''
  set -l lines ($words[1] __complete -- $words[2..-1] $current 2>/dev/null)
  set -l option (string match -r -- '^--[^=]*=' $current)
  set -l value (string replace -r -- '^--[^=]*=' '' $current)
  switch "$lines[-1]"
    case :files
      for file in (__fish_complete_path "$value"); echo "$option$file"; end
    case :directories
      for file in (__fish_complete_directories "$value" ''); echo "$option$file"; end
    case '*'
      test (count $lines) -gt 1; and printf '%s\n' $lines[1..-2]
  end
end
complete -c cooper -e
complete -c cooper -f -a '(__cooper_complete)'
`;

// In a raw template \${ would begin a value, and stays with its backslash.
const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };

/** The script, to be sourced. */
export function completionScript(shell: Shell): string {
  return scripts[shell].replaceAll('\\${', '${');
}
