#include "api/learnflow/authoring.hpp"

#include "api/learnflow/course_views.hpp"

namespace stoa::learnflow {
namespace {

using texts = wire::list_of<wire::text<1, 500>, 0, 50>;
using level_name = wire::choice<"beginner", "intermediate", "advanced">;

/// All that may be written about a course beside its title.
struct course_members {
  std::optional<wire::text<1, 200>> slug;
  std::optional<wire::text<0, 500>> short_description;
  std::optional<wire::text<0, 20000>> description;
  wire::change<wire::text<0, 100>> category;
  std::optional<level_name> level;
  std::optional<wire::text<1, 50>> language;
  std::optional<wire::decimal> price;
  wire::change<wire::decimal> original_price;
  std::optional<wire::url_text> thumbnail, preview_video_url;
  std::optional<bool> certificate_included;
  std::optional<texts> outcomes, requirements, target_audience, tags;
};
BOOST_DESCRIBE_STRUCT(course_members, (),
                      (slug, short_description, description, category, level, language, price, original_price,
                       thumbnail, preview_video_url, certificate_included, outcomes, requirements, target_audience,
                       tags))

struct new_course : course_members {
  wire::text<1, 200> title;
};
BOOST_DESCRIBE_STRUCT(new_course, (course_members), (title))

struct course_change : course_members {
  std::optional<wire::text<1, 200>> title;
};
BOOST_DESCRIBE_STRUCT(course_change, (course_members), (title))

struct new_section {
  wire::text<1, 200> title;
  std::optional<wire::text<0, 5000>> description;
  std::optional<wire::whole<1, 1000000>> order;
};
BOOST_DESCRIBE_STRUCT(new_section, (), (title, description, order))

struct section_change {
  std::optional<wire::text<1, 200>> title;
  std::optional<wire::text<0, 5000>> description;
  std::optional<wire::whole<1, 1000000>> order;
};
BOOST_DESCRIBE_STRUCT(section_change, (), (title, description, order))

struct lesson_members {
  std::optional<wire::text<0, 5000>> description;
  std::optional<wire::choice<"video", "article", "quiz">> kind;
  std::optional<wire::whole<0, 6000>> duration_minutes;
  std::optional<wire::whole<1, 1000000>> order;
  std::optional<bool> is_preview;
  std::optional<wire::url_text> video_url;
  std::optional<wire::list_of<wire::url_text, 0, 50>> resources;
  std::optional<wire::text<0, 100000>> content;
};
BOOST_DESCRIBE_STRUCT(lesson_members, (),
                      (description, kind, duration_minutes, order, is_preview, video_url, resources, content))

struct new_lesson : lesson_members {
  wire::text<1, 200> title;
};
BOOST_DESCRIBE_STRUCT(new_lesson, (lesson_members), (title))

struct lesson_change : lesson_members {
  std::optional<wire::text<1, 200>> title;
};
BOOST_DESCRIBE_STRUCT(lesson_change, (lesson_members), (title))

template <class T>
std::optional<std::string> plain(const std::optional<T>& v) {
  if (!v) return std::nullopt;
  return std::string(*v);
}

template <class List>
std::optional<std::vector<std::string>> plain_list(const std::optional<List>& v) {
  if (!v) return std::nullopt;
  return std::vector<std::string>(v->begin(), v->end());
}

template <std::int64_t Min, std::int64_t Max>
std::optional<int> plain_number(const std::optional<wire::whole<Min, Max>>& v) {
  if (!v) return std::nullopt;
  return static_cast<int>(v->value);
}

course_draft to_draft(const course_members& in, std::optional<std::string> title) {
  course_draft d;
  d.title = std::move(title);
  d.slug = plain(in.slug);
  d.short_description = plain(in.short_description);
  d.description = plain(in.description);
  if (in.category.present) d.category = in.category.value ? std::string(*in.category.value) : std::string();
  if (in.level) d.level = course_level_named(*in.level);
  d.language = plain(in.language);
  if (in.price) d.price_minor = in.price->minor;
  if (in.original_price.present) {
    d.original_price_minor.emplace();
    if (in.original_price.value) *d.original_price_minor = in.original_price.value->minor;
  }
  d.thumbnail_url = plain(in.thumbnail);
  d.preview_video_url = plain(in.preview_video_url);
  d.certificate_included = in.certificate_included;
  d.outcomes = plain_list(in.outcomes);
  d.requirements = plain_list(in.requirements);
  d.target_audience = plain_list(in.target_audience);
  d.tags = plain_list(in.tags);
  return d;
}

lesson_draft to_draft(const lesson_members& in, std::optional<std::string> title) {
  lesson_draft d;
  d.title = std::move(title);
  d.description = plain(in.description);
  d.kind = plain(in.kind);
  d.video_url = plain(in.video_url);
  d.content = plain(in.content);
  d.duration_minutes = plain_number(in.duration_minutes);
  d.position = plain_number(in.order);
  d.is_preview = in.is_preview;
  d.resources = plain_list(in.resources);
  return d;
}

fault unknown_course() {
  return fault(fault_kind::not_found, "COURSE_NOT_FOUND", "The requested course does not exist");
}
fault unknown_section() {
  return fault(fault_kind::not_found, "SECTION_NOT_FOUND", "The requested section does not exist");
}
fault unknown_lesson() {
  return fault(fault_kind::not_found, "LESSON_NOT_FOUND", "The requested lesson does not exist");
}

role_set teachers() {
  role_set r;
  r.add(role::instructor);
  r.add(role::admin);
  return r;
}

route_options authoring(std::string summary, int status = 200) {
  route_options o;
  o.auth = auth::required;
  o.status = status;
  o.summary = std::move(summary);
  o.roles = teachers();
  o.tag = "authoring";
  return o;
}

/// The course as its author sees it.
task<encoded<course_detail>> shown(stoa::domain& domain, const request& q, course_ptr c, int status) {
  auto asking = personal_of(domain, q.who);
  const auto mine = co_await std::move(asking);
  encoded<course_detail> out;
  out.out = detail_reply(*encode_detail(c, true, q.now), mine, status);
  co_return out;
}

}  // namespace

void add_authoring_routes(route_table& routes, stoa::domain& domain, const stoa::clock&) {
  routes.post<new_course, encoded<course_detail>>(
      "/courses/", authoring("Begin a course, as a draft", 201),
      [&domain](const request& q, new_course in) -> task<encoded<course_detail>> {
        auto draft = to_draft(in, in.title);
        auto creating = domain.courses.create(q.who, std::move(draft));
        auto made = co_await std::move(creating);
        auto showing = shown(domain, q, std::move(made), 201);
        co_return co_await std::move(showing);
      });

  const auto change = [&domain](const request& q, course_draft draft) -> task<encoded<course_detail>> {
    const auto id = co_await q.path_id<course_id>("id", unknown_course());
    auto changing = domain.courses.update(q.who, id, std::move(draft));
    auto changed = co_await std::move(changing);
    auto showing = shown(domain, q, std::move(changed), 200);
    co_return co_await std::move(showing);
  };
  routes.put<new_course, encoded<course_detail>>(
      "/courses/{id}/", authoring("Change a course; the title is required"),
      [change](const request& q, new_course in) { return change(q, to_draft(in, in.title)); });
  routes.patch<course_change, encoded<course_detail>>(
      "/courses/{id}/", authoring("Change parts of a course"),
      [change](const request& q, course_change in) { return change(q, to_draft(in, plain(in.title))); });

  routes.post<wire::nothing, encoded<course_detail>>(
      "/courses/{id}/publish/", authoring("Publish a course"),
      [&domain](const request& q, wire::nothing) -> task<encoded<course_detail>> {
        const auto id = co_await q.path_id<course_id>("id", unknown_course());
        auto publishing = domain.courses.publish(q.who, id);
        auto c = co_await std::move(publishing);
        auto showing = shown(domain, q, std::move(c), 200);
        co_return co_await std::move(showing);
      });
  routes.post<wire::nothing, encoded<course_detail>>(
      "/courses/{id}/unpublish/", authoring("Take a course back"),
      [&domain](const request& q, wire::nothing) -> task<encoded<course_detail>> {
        const auto id = co_await q.path_id<course_id>("id", unknown_course());
        auto withdrawing = domain.courses.unpublish(q.who, id);
        auto c = co_await std::move(withdrawing);
        auto showing = shown(domain, q, std::move(c), 200);
        co_return co_await std::move(showing);
      });

  routes.post<new_section, section_view>("/courses/{id}/sections/", authoring("Add a section", 201),
                                         [&domain](const request& q, new_section in) -> task<section_view> {
                                           const auto id = co_await q.path_id<course_id>("id", unknown_course());
                                           section_draft draft{in.title, plain(in.description), plain_number(in.order)};
                                           auto adding = domain.courses.add_section(q.who, id, std::move(draft));
                                           const auto made = co_await std::move(adding);
                                           co_return to_view(made, true);
                                         });
  routes.patch<section_change, section_view>(
      "/sections/{id}/", authoring("Change a section"),
      [&domain](const request& q, section_change in) -> task<section_view> {
        const auto id = co_await q.path_id<section_id>("id", unknown_section());
        section_draft draft{plain(in.title), plain(in.description), plain_number(in.order)};
        auto changing = domain.courses.update_section(q.who, id, std::move(draft));
        const auto changed = co_await std::move(changing);
        co_return to_view(changed, true);
      });
  routes.del<wire::nothing, wire::nothing>("/sections/{id}/", authoring("Take a section out with its lessons", 204),
                                           [&domain](const request& q, wire::nothing) -> task<wire::nothing> {
                                             const auto id = co_await q.path_id<section_id>("id", unknown_section());
                                             auto removing = domain.courses.remove_section(q.who, id);
                                             co_await std::move(removing);
                                             co_return wire::nothing{};
                                           });

  routes.post<new_lesson, lesson_view>("/sections/{id}/lessons/", authoring("Add a lesson", 201),
                                       [&domain](const request& q, new_lesson in) -> task<lesson_view> {
                                         const auto id = co_await q.path_id<section_id>("id", unknown_section());
                                         auto draft = to_draft(in, in.title);
                                         auto adding = domain.courses.add_lesson(q.who, id, std::move(draft));
                                         const auto made = co_await std::move(adding);
                                         co_return to_view(made, true);
                                       });
  routes.patch<lesson_change, lesson_view>("/lessons/{id}/", authoring("Change a lesson"),
                                           [&domain](const request& q, lesson_change in) -> task<lesson_view> {
                                             const auto id = co_await q.path_id<lesson_id>("id", unknown_lesson());
                                             auto draft = to_draft(in, plain(in.title));
                                             auto changing = domain.courses.update_lesson(q.who, id, std::move(draft));
                                             const auto changed = co_await std::move(changing);
                                             co_return to_view(changed, true);
                                           });
  routes.del<wire::nothing, wire::nothing>("/lessons/{id}/", authoring("Take a lesson out", 204),
                                           [&domain](const request& q, wire::nothing) -> task<wire::nothing> {
                                             const auto id = co_await q.path_id<lesson_id>("id", unknown_lesson());
                                             auto removing = domain.courses.remove_lesson(q.who, id);
                                             co_await std::move(removing);
                                             co_return wire::nothing{};
                                           });
}

}  // namespace stoa::learnflow
