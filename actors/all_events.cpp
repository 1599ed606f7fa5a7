#include "actors/all_events.hpp"

namespace stoa {

namespace {

template <class T>
struct word {
  static std::string of() { return wire::type_name<T>(); }
};
template <class Tag>
struct word<id<Tag>> {
  static std::string of() { return "uuid"; }
};
template <>
struct word<std::string> {
  static std::string of() { return "text"; }
};
template <>
struct word<std::int64_t> {
  static std::string of() { return "whole number"; }
};
template <wire::described T>
struct word<T> {
  static std::string of() { return "{" + members() + "}"; }
  static std::string members() {
    std::string out;
    using all = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;
    boost::mp11::mp_for_each<all>([&](auto m) {
      if (!out.empty()) out += ", ";
      out +=
          "`" + std::string(m.name) + "` " + word<std::remove_cvref_t<decltype(std::declval<T&>().*m.pointer)>>::of();
    });
    return out;
  }
};
template <class T>
struct word<std::vector<T>> {
  static std::string of() { return "list of " + word<T>::of(); }
};

template <class E>
void describe(std::string& out) {
  const auto members = word<E>::members();
  out += "| `" + std::string(E::kind) + "` | " + std::string(E::about) + " | " + std::string(E::entity) + " | " +
         (members.empty() ? "nothing" : members) + " |\n";
}

template <class... E>
void describe_all(std::string& out, event_list<E...>) {
  (describe<E>(out), ...);
}

}  // namespace

std::string events_document() {
  std::string out =
      "# Events\n\n"
      "Written by `stoa events` from the types in `sdk/stoa/areas`; a test compares. Every event also has an id, the "
      "person it concerns\n(`user_id`) and a time. Rows stay in `outbox` for a week after every subscription has "
      "passed "
      "them.\n\n"
      "| kind | when | entity | payload |\n|---|---|---|---|\n";
  describe_all(out, all_events{});
  return out;
}

}  // namespace stoa
