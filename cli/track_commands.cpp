#include "cli/track_commands.hpp"

#include <iostream>

#include "cli/brief_house.hpp"
#include "cli/waiting.hpp"
#include "stoa/areas/tracks.hpp"
#include "stoa/money.hpp"

namespace stoa::cli {
namespace {

constexpr statement find_course{"track.find_course",
                                "select id, slug from course where id::text = :p1::text or slug = :p1::text "
                                "or number::text = :p1::text"};
constexpr statement name_courses{"track.name_courses", R"(
  select c.number, c.slug, c.title from unnest(:p1::uuid[]) with ordinality as w(id, place)
  join course c on c.id = w.id order by w.place)"};

course_id course_named(brief_house& house, const std::string& word) {
  values v{word};
  const auto found = or_throw(wait_for(house->store().query(acts_as_system(), find_course, std::move(v))));
  if (found.empty()) throw settings_error("--courses: there is no course \"" + word + "\"");
  if (found.size() > 1) throw settings_error("--courses: \"" + word + "\" names several courses; say its id");
  return found.front().as<course_id>(0);
}

std::string price_of(const track& t) {
  return t.price_minor > 0 ? money{t.price_minor, t.currency}.decimal() + " " + t.currency : "not sold";
}

}  // namespace

int list_tracks(const runtime::settings& s) {
  brief_house house(s);
  for (const auto& t : or_throw(wait_for(house->areas().use<tracks>().all())))
    std::printf("%-12s %-6s %-16s %3zu courses  %s\n", t.code.c_str(), t.open ? "open" : "closed", price_of(t).c_str(),
                t.courses.size(), t.title.c_str());
  return 0;
}

int show_track(const runtime::settings& s, const std::string& code) {
  brief_house house(s);
  const auto t = or_throw(wait_for(house->areas().use<tracks>().get(code)));
  std::cout << "code         " << t.code << "\ntitle        " << t.title << "\ndescription  " << t.description
            << "\nprice        " << price_of(t) << "\nstate        " << (t.open ? "open" : "closed") << "\ncourses\n";
  values v{value::array(t.courses)};
  for (const auto& row : or_throw(wait_for(house->store().query(acts_as_system(), name_courses, std::move(v)))))
    std::cout << "  " << row.integer(0) << "  " << row.text(1) << "  " << row.text(2) << '\n';
  return 0;
}

int set_track(const runtime::settings& s, const track_words& said) {
  brief_house house(s);
  auto& area = house->areas().use<tracks>();
  auto known = wait_for(area.get(said.code));
  if (!known && known.refusal().kind != fault_kind::not_found) throw fault_error(std::move(known).refusal());
  track t = known ? std::move(known).value() : track{};
  t.code = said.code;
  if (said.title) t.title = *said.title;
  if (said.description) t.description = *said.description;
  if (said.currency) t.currency = *said.currency;
  if (said.price) {
    const auto minor = parse_decimal(*said.price, minor_digits(t.currency));
    if (!minor) throw settings_error("--price " + *said.price + ": expected an amount like 999.00");
    t.price_minor = *minor;
  }
  if (said.position) t.position = *said.position;
  if (said.open) t.open = *said.open;
  if (said.courses) {
    t.courses.clear();
    for (const auto& word : *said.courses) t.courses.push_back(course_named(house, word));
  }
  or_throw(wait_for(area.put(std::move(t))));
  std::cout << said.code << (known ? " is changed\n" : " is made\n");
  return 0;
}

int remove_track(const runtime::settings& s, const std::string& code) {
  brief_house house(s);
  or_throw(wait_for(house->areas().use<tracks>().remove(code)));
  std::cout << code << " is removed\n";
  return 0;
}

}  // namespace stoa::cli
