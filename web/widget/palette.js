// Web Chat's styles from the page's colours.
export function palette(style) {
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const font = style.fontFamily;
  return {
    accent: colour("link"),
    backgroundColor: colour("page"),
    bubbleBackground: colour("panel"),
    bubbleBorderColor: colour("line"),
    bubbleBorderRadius: 8,
    bubbleFromUserBackground: colour("accent"),
    bubbleFromUserTextColor: colour("on-accent"),
    bubbleFromUserBorderRadius: 8,
    bubbleFromUserBorderColor: colour("accent"),
    bubbleMaxWidth: 560,
    bubbleTextColor: colour("text"),
    subtle: colour("quiet"),
    timestampColor: colour("quiet"),
    primaryFont: font,
    monospaceFont: font,
    hideUploadButton: true,
    groupTimestamp: false,
    autoScrollSnapOnActivity: true, // a long answer is read from its start
    sendBoxBackground: colour("page"),
    sendBoxTextColor: colour("text"),
    sendBoxPlaceholderColor: colour("quiet"),
    sendBoxButtonColor: colour("link"),
    sendBoxButtonColorOnHover: colour("link"),
    sendBoxButtonColorOnFocus: colour("link"),
    sendBoxBorderTop: `1px solid ${colour("line")}`,
    sendBoxTextWrap: true,
    suggestedActionLayout: "flow",
    suggestedActionBackgroundColor: colour("page"),
    suggestedActionTextColor: colour("link"),
    suggestedActionBorderColor: colour("link"),
    suggestedActionBorderRadius: 8,
    suggestedActionBorderWidth: 1,
    suggestedActionsVisualKeyboardIndicatorColor: colour("link"),
    transcriptVisualKeyboardIndicatorColor: colour("link"),
  };
}
