#include "stoa/events.hpp"

namespace stoa {

void event_rows::add(std::string_view kind, const std::optional<user_id>& user, const uuid& entity,
                     const std::string& payload) {
  if (!rows_.empty()) rows_ += ',';
  json_writer w;
  w.begin_object();
  w.key("kind"), w.string(kind);
  if (user) w.key("user_id"), w.string(user->str());
  w.key("entity"), w.string(entity.str());
  w.key("payload"), w.raw(payload);
  w.key("at"), w.string(rfc3339(at_));
  w.end_object();
  rows_ += w.take();
}

}  // namespace stoa
