// The reflections plugin: settings, routes, and the answers' shapes.
#include <array>
#include <map>

#include "shelf.hpp"
#include "stoa/areas/people.hpp"
#include "stoa/plugin.hpp"

namespace stoa_plugin::reflections {

using namespace stoa;  // NOLINT: the plugin's own source, after its own headers

namespace {

using limits = reflection_limits;

const std::array<setting, 2>& settings() {
  static const std::array<setting, 2> all{{
      {"per_lesson",
       setting_type::integer,
       "200",
       "Reflections one person may have on one lesson",
       {},
       false,
       1,
       10'000},
      {"replies", setting_type::integer, "100", "Replies one reflection may have", {}, false, 1, 1000},
  }};
  return all;
}

using content_text = wire::text<1, limits::content>;
using kind_word = wire::choice<"puzzle", "note", "question">;
using visibility_word = wire::choice<"private", "instructor", "public">;
using tag_list = wire::list_of<wire::text<1, limits::tag>, 0, limits::tags>;
using second_number = wire::whole<0, limits::seconds>;

struct reflection_in {
  wire::text<1, 64> lesson_id;
  kind_word type;
  content_text content;
  std::optional<tag_list> tags;
  std::optional<visibility_word> visibility;
  std::optional<second_number> timestamp_seconds;
};
BOOST_DESCRIBE_STRUCT(reflection_in, (), (lesson_id, type, content, tags, visibility, timestamp_seconds))

struct reflection_change_in {
  wire::given<kind_word> type;
  wire::given<content_text> content;
  wire::emptiable<tag_list> tags;
  wire::given<visibility_word> visibility;
  wire::change<second_number> timestamp_seconds;
};
BOOST_DESCRIBE_STRUCT(reflection_change_in, (), (type, content, tags, visibility, timestamp_seconds))

struct reflection_filter {
  std::optional<stoa::course_id> course_id;
  std::optional<stoa::lesson_id> lesson_id;
  std::optional<kind_word> type;
  std::optional<visibility_word> visibility;
  std::optional<wire::text<1, limits::tag>> tag;
  wire::word_or<"mine", "mine", "course"> scope;
};
BOOST_DESCRIBE_STRUCT(reflection_filter, (), (course_id, lesson_id, type, visibility, tag, scope))

struct reply_in {
  wire::text<1, limits::reply> content;
};
BOOST_DESCRIBE_STRUCT(reply_in, (), (content))

struct reflection_made {
  reflection_id id;
  stoa::lesson_id lesson_id;
  std::string type;
  std::string content;
  std::vector<std::string> tags;
  std::string visibility;
  std::optional<std::int64_t> timestamp_seconds;
  timestamp created_at;
};
BOOST_DESCRIBE_STRUCT(reflection_made, (),
                      (id, lesson_id, type, content, tags, visibility, timestamp_seconds, created_at))

struct reflected_lesson {
  lesson_id id;
  std::string title;
  std::string course_title;
};
BOOST_DESCRIBE_STRUCT(reflected_lesson, (), (id, title, course_title))

struct reflection_author {
  user_id id;
  std::string full_name;
};
BOOST_DESCRIBE_STRUCT(reflection_author, (), (id, full_name))

struct reflection_item {
  reflection_id id;
  reflected_lesson lesson;
  reflection_author author;
  std::string type;
  std::string content;
  std::vector<std::string> tags;
  std::string visibility;
  std::optional<std::int64_t> timestamp_seconds;
  std::int64_t replies_count = 0;
  timestamp created_at, updated_at;
};
BOOST_DESCRIBE_STRUCT(reflection_item, (),
                      (id, lesson, author, type, content, tags, visibility, timestamp_seconds, replies_count,
                       created_at, updated_at))

struct reflection_reply {
  reply_id id;
  reflection_author author;
  std::string content;
  timestamp created_at;
};
BOOST_DESCRIBE_STRUCT(reflection_reply, (), (id, author, content, created_at))

struct reflection_with_replies : reflection_item {
  std::vector<reflection_reply> replies;
};
BOOST_DESCRIBE_STRUCT(reflection_with_replies, (reflection_item), (replies))

using reflection_in_path = in_path<"reflection_id", reflection_id, unknown_reflection>;
using reply_in_path = in_path<"reply_id", reply_id, unknown_reply>;

std::vector<std::string> texts_of(const tag_list& tags) { return {tags.begin(), tags.end()}; }

/// A reflection with what its reader is to its course.
struct seen_reflection {
  reflection what;
  course_ptr course;
};

class reflections_plugin final : public plugin {
 public:
  void configure(plugin_host& host) override {
    host_ = &host;
    limits_.per_lesson = host.settings().integer("per_lesson");
    limits_.replies = host.settings().integer("replies");
  }

  void wire(plugin_host& host) override {
    auto at = host.routes(dialect("unpuzzle")).area("reflections", *this);
    at.post("/reflections/",
            {.auth = auth::required,
             .status = 201,
             .summary = "Write down a reflection on a lesson",
             .refuses = {fault_kind::not_found, fault_kind::forbidden, fault_kind::conflict}},
            &reflections_plugin::create);
    at.get("/reflections/",
           {.auth = auth::required,
            .summary =
                "One's own reflections, newest first; with scope=course all of a course or lesson that one may read",
            .refuses = {fault_kind::not_found}},
           &reflections_plugin::list);
    at.get("/reflections/{reflection_id}/",
           {.auth = auth::required, .summary = "A reflection and its replies", .addition = true},
           &reflections_plugin::show);
    at.patch("/reflections/{reflection_id}/",
             {.auth = auth::required, .summary = "Change one's own reflection", .addition = true},
             &reflections_plugin::change);
    at.del("/reflections/{reflection_id}/",
           {.auth = auth::required, .status = 204, .summary = "Take one's own reflection away", .addition = true},
           &reflections_plugin::remove);
    at.post("/reflections/{reflection_id}/replies/",
            {.auth = auth::required,
             .status = 201,
             .summary = "Reply to a reflection, as the course's instructor",
             .addition = true,
             .refuses = {fault_kind::forbidden, fault_kind::conflict}},
            &reflections_plugin::reply_to_one);
    at.del("/reflections/{reflection_id}/replies/{reply_id}/",
           {.auth = auth::required, .status = 204, .summary = "Take one's own reply away", .addition = true},
           &reflections_plugin::remove_reply_of);
  }

 private:
  using names = std::map<user_id, std::string>;

  task<standing> standing_in(course_ptr c, caller who) {
    const auto learner = co_await host_->use<stoa::enrollments>().get(who.user);
    co_return standing_of(*c, who, *learner);
  }

  /// Null where the course is no more.
  task<course_ptr> course_of(stoa::course_id id) {
    auto found = co_await as_result(host_->use<stoa::courses>().get(id));
    if (found) co_return std::move(found).value();
    if (found.refusal().kind != fault_kind::not_found) co_return found.refusal();
    co_return course_ptr();
  }

  /// A reflection that the caller may see; another one is as good as none.
  task<seen_reflection> seen_by(caller who, reflection_id id) {
    seen_reflection out;
    out.what = co_await find_reflection(host_->database(), id);
    out.course = co_await course_of(out.what.course);
    auto s = standing::stranger;
    if (out.course) s = co_await standing_in(out.course, who);
    if (!may_see(out.what, who.user, s)) co_return unknown_reflection();
    co_return std::move(out);
  }

  task<std::string> name_of_person(user_id who, std::shared_ptr<names> known) {
    if (const auto at = known->find(who); at != known->end()) co_return at->second;
    const auto found = co_await as_result(host_->use<stoa::people>().get(who));
    if (!found && found.refusal().kind != fault_kind::not_found) co_return found.refusal();
    auto& name = (*known)[who];
    if (found) name = found.value()->full_name();
    co_return name;
  }

  template <class Item>
  task<Item> item_of(const listed_reflection& r, std::shared_ptr<names> known) {
    Item out;
    const auto& w = r.what;
    out.id = w.id;
    out.lesson = {w.lesson, w.lesson_title, w.course_title};
    if (const auto c = co_await course_of(w.course)) {
      out.lesson.course_title = c->title;
      if (const auto* l = c->find_lesson(w.lesson)) out.lesson.title = l->title;
    }
    out.author.id = w.user;
    out.author.full_name = co_await name_of_person(w.user, known);
    out.type = w.kind;
    out.content = w.content;
    out.tags = w.tags;
    out.visibility = w.visibility;
    out.timestamp_seconds = w.at_second;
    out.replies_count = r.replies;
    out.created_at = w.created_at;
    out.updated_at = w.updated_at;
    co_return out;
  }

  task<reflection_made> create(const request& q, reflection_in in) {
    const auto lesson = lesson_id::parse(in.lesson_id);
    if (!lesson) co_return not_found(lesson_id{});
    const auto home = co_await host_->use<stoa::courses>().home_of(*lesson);
    const auto course = co_await host_->use<stoa::courses>().get(home);
    const auto s = co_await standing_in(course, q.who);
    co_await may_write(*course, s);
    const auto* about = course->find_lesson(*lesson);
    if (!about) co_return not_found(*lesson);
    reflection made;
    if (in.timestamp_seconds) made.at_second = *in.timestamp_seconds;
    co_await check_second(*about, made.at_second);
    made.id = reflection_id::make();
    made.user = q.who.user;
    made.course = course->id;
    made.lesson = *lesson;
    made.kind = in.type;
    made.content = in.content;
    if (in.tags) made.tags = distinct_tags(texts_of(*in.tags));
    made.visibility = in.visibility ? std::string(*in.visibility) : std::string(for_author);
    made.lesson_title = about->title;
    made.course_title = course->title;
    made.created_at = made.updated_at = q.now;
    const auto kept = co_await add_reflection(host_->database(), std::move(made), course->instructor.id, limits_);
    auto out = wire::same_named<reflection_made>(kept);
    out.lesson_id = kept.lesson;
    out.type = kept.kind;
    out.timestamp_seconds = kept.at_second;
    co_return out;
  }

  task<page_of<reflection_item>> list(const request& q, paged<reflection_filter> in) {
    shelf_filter f;
    f.course = in.course_id;
    f.lesson = in.lesson_id;
    if (in.type) f.kind = *in.type;
    if (in.visibility) f.visibility = *in.visibility;
    if (in.tag) f.tag = *in.tag;
    if (in.scope.text() == "course") {
      if (!in.course_id && !in.lesson_id)
        co_return fault::field("course_id", "Say which course or lesson to read the reflections of.");
      if (in.lesson_id) {
        const auto home = co_await host_->use<stoa::courses>().home_of(*in.lesson_id);
        if (in.course_id && *in.course_id != home) co_return not_found(*in.lesson_id);
        f.course = home;
      }
      const auto course = co_await host_->use<stoa::courses>().get(*f.course);
      const auto s = co_await standing_in(course, q.who);
      co_await may_look_around(*course, s);
      f.others = seen_of_others(s);
    }
    const auto found = co_await list_reflections(host_->database(), q.who.user, std::move(f), in.asked);
    page_of<reflection_item> out;
    out.asked = found.asked;
    out.total = found.total;
    const auto known = std::make_shared<names>();
    for (const auto& r : found.items) {
      auto item = co_await item_of<reflection_item>(r, known);
      out.items.push_back(std::move(item));
    }
    co_return out;
  }

  /// As its reader sees it now.
  task<reflection_with_replies> whole(reflection what) {
    const auto known = std::make_shared<names>();
    const auto replies = co_await replies_of(host_->database(), what.id);
    listed_reflection listed;
    listed.what = std::move(what);
    listed.replies = static_cast<std::int64_t>(replies.size());
    auto out = co_await item_of<reflection_with_replies>(listed, known);
    for (const auto& r : replies) {
      auto shown = wire::same_named<reflection_reply>(r);
      shown.author.id = r.user;
      shown.author.full_name = co_await name_of_person(r.user, known);
      out.replies.push_back(std::move(shown));
    }
    co_return out;
  }

  task<reflection_with_replies> show(const request& q, reflection_in_path id) {
    auto seen = co_await seen_by(q.who, *id);
    auto out = co_await whole(std::move(seen.what));
    co_return out;
  }

  task<reflection_with_replies> change(const request& q, reflection_in_path id, reflection_change_in in) {
    const auto seen = co_await seen_by(q.who, *id);
    if (seen.what.user != q.who.user) co_return unknown_reflection();
    reflection_change c;
    if (in.type) c.kind = *in.type;
    if (in.content) c.content = *in.content;
    if (in.visibility) c.visibility = *in.visibility;
    if (in.tags) c.tags = texts_of(*in.tags);
    if (in.timestamp_seconds.present) {
      auto& second = c.at_second.emplace();
      if (in.timestamp_seconds.value) second = *in.timestamp_seconds.value;
      const auto* about = seen.course ? seen.course->find_lesson(seen.what.lesson) : nullptr;
      if (about) co_await check_second(*about, second);
    }
    const auto instructor = seen.course ? seen.course->instructor.id : user_id{};
    auto after = co_await change_reflection(host_->database(), q.who.user, *id, std::move(c), instructor, q.now);
    auto out = co_await whole(std::move(after));
    co_return out;
  }

  task<wire::nothing> remove(const request& q, reflection_in_path id) {
    co_await remove_reflection(host_->database(), q.who.user, *id);
    co_return wire::nothing{};
  }

  task<reflection_reply> reply_to_one(const request& q, reflection_in_path id, reply_in in) {
    const auto seen = co_await seen_by(q.who, *id);
    auto s = standing::stranger;
    if (seen.course) s = co_await standing_in(seen.course, q.who);
    co_await may_reply(seen.what, q.who.user, s);
    reply_to made;
    made.id = reply_id::make();
    made.reflection = *id;
    made.user = q.who.user;
    made.content = in.content;
    made.created_at = q.now;
    const auto kept =
        co_await add_reply(host_->database(), std::move(made), seen.what, seen.course->instructor.id, limits_);
    auto out = wire::same_named<reflection_reply>(kept);
    out.author.id = kept.user;
    out.author.full_name = co_await name_of_person(kept.user, std::make_shared<names>());
    co_return out;
  }

  task<wire::nothing> remove_reply_of(const request& q, reflection_in_path id, reply_in_path reply) {
    co_await seen_by(q.who, *id);
    co_await remove_reply(host_->database(), q.who.user, *id, *reply);
    co_return wire::nothing{};
  }

  plugin_host* host_ = nullptr;
  shelf_limits limits_;
};

}  // namespace

}  // namespace stoa_plugin::reflections

STOA_PLUGIN("reflections", "1.0.0", stoa_plugin::reflections::reflections_plugin, stoa_plugin::reflections::settings())
