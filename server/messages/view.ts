export function publishedView(messageId: string): object {
  return { message_id: messageId };
}
