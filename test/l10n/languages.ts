/** Languages that have texts beside the English ones, as VS Code names them. */
export const LANGUAGES = ["de"] as const;
