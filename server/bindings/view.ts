import type { ManagedBinding } from '../messaging';
import type { Binding } from './service';

export function bindingView({
  source,
  destination,
  destinationType,
  routingKey,
  arguments: args,
}: Binding): object {
  return {
    source,
    destination,
    destination_type: destinationType,
    routing_key: routingKey,
    arguments: args ?? {},
  };
}

export function managedBindingView(binding: ManagedBinding): object {
  const { source, destination, destination_type, routing_key, arguments: args } = binding;
  return { source, destination, destination_type, routing_key, arguments: args ?? {} };
}
