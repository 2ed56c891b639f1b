/**
 * The scripts that shells load. Each asks `repost complete -- WORDS`, the last word being the one under the cursor,
 * and gets lines of `value<tab>description`; `:files` asks the shell for names of files instead. Words are handed
 * over as they are and never evaluated: what somebody has only typed must not run.
 */
export const completionScripts = {
  bash: `# bash completion for repost
_repost() {
  local line=\${COMP_LINE:0:COMP_POINT} words cur value index
  read -r -a words <<<"$line"
  [[ $line == *[[:blank:]] ]] && words+=('')
  cur=\${words[\${#words[@]}-1]}
  COMPREPLY=()
  while IFS= read -r line; do
    value=\${line%%$'\\t'*}
    if [[ $value == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$cur")
      return
    fi
    [[ $value == "$cur"* ]] && COMPREPLY+=("$value")
  done < <(repost complete -- "\${words[@]:1}" 2>/dev/null)
  # Bash takes a colon for the end of a word: what stands before it is there already.
  if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
    local before=\${cur%"\${cur##*:}"}
    for index in "\${!COMPREPLY[@]}"; do COMPREPLY[index]=\${COMPREPLY[index]#"$before"}; done
  fi
}
complete -F _repost repost
`,
  zsh: `#compdef repost
_repost() {
  local -a values
  local line
  for line in "\${(@f)$(repost complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      _files
      return
    fi
    [[ -n $line ]] && values+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( $#values )); then _describe -V repost values; fi
}
if [[ $funcstack[1] == _repost ]]; then
  _repost "$@"
else
  compdef _repost repost
fi
`,
  fish: `# fish completion for repost
function __repost_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found (repost complete -- $words[2..-1] 2>/dev/null)
    if test "$found[1]" = :files
        __fish_complete_path (commandline -ct)
    else
        printf '%s\\n' $found
    end
end
complete -c repost -f -k -a '(__repost_complete)'
`,
} as const;

export type Shell = keyof typeof completionScripts;
