import { looksLikeMessages, type Chat } from '../../protocol/chat';
import type { CaptureSummary } from '../../protocol/capture';
import { checkbox, dropdown } from '../kit/controls';
import { el } from '../kit/dom';
import { segmented } from '../kit/segmented';
import type { Panel } from '../app/panel';

type Reading = 'text' | 'chat';

/**
 * For texts that are written as messages, with a model that has a chat template: whether the model
 * gets the text as it is or what the template makes of it, and with which template.
 */
export function createReadingSwitch({ store, actions }: Panel): HTMLElement {
  let chat: Chat = {};
  const reading = segmented<Reading>('How the text is read', choice =>
    actions.setChat(choice === 'chat' ? chat : null),
  );
  const template = dropdown('Chat template', name => actions.setChat(named(chat, name)));
  const prompt = checkbox('Answer prompt', isOn => {
    const { template: name } = chat;
    const rest = name === undefined ? {} : { template: name };
    actions.setChat(isOn ? { ...rest, prompt: true } : rest);
  });
  prompt.element.title = 'The template opens the assistant’s answer after the last message';
  const element = el(
    'div.reading',
    { role: 'group', 'aria-label': 'Text or chat' },
    template.element,
    prompt.element,
    reading.element,
  );
  store.select(
    state => [state.capture],
    capture => {
      element.hidden = !capture || !isOffered(capture);
      if (!capture || element.hidden) return;
      const { templates = [], rendered } = capture;
      chat = capture.chat ?? {};
      const isChat = capture.chat !== undefined;
      reading.show(
        [
          { value: 'text', label: 'Text', title: 'The model gets the text as it is' },
          { value: 'chat', label: 'Chat', title: 'The chat template renders the messages' },
        ],
        isChat ? 'chat' : 'text',
      );
      template.element.hidden = !isChat || templates.length < 2;
      template.show(
        templates.map(name => ({ value: name, label: name })),
        rendered?.template ?? '',
      );
      prompt.element.hidden = !isChat;
      prompt.show(chat.prompt === true);
    },
  );
  return element;
}

function isOffered({ chat, templates = [], text, file, pair }: CaptureSummary): boolean {
  if (file !== undefined || pair !== undefined) return false;
  return chat !== undefined || (templates.length > 0 && looksLikeMessages(text));
}

function named({ prompt }: Chat, template: string): Chat {
  return { template, ...(prompt ? { prompt } : {}) };
}
