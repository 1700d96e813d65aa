from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa

from openinsights.catalog.engine import open_file
from openinsights.catalog.errors import (
    AmbiguousResource,
    CatalogError,
    InvalidResource,
    ResourceExists,
    ResourceNotFound,
)
from openinsights.catalog.migrations.migrate import configuration
from openinsights.catalog.resource import (
    NewResource,
    connection_string,
    parse_resource_id,
)
from openinsights.catalog.resources import ResourceStore
from openinsights.catalog.tables import HEAD, metadata
from openinsights.catalog.unknown_keys import KeyResolver
from openinsights.clock import SystemClock

KEY = "2f1d3c5e-7a9b-4c1d-8e2f-3a4b5c6d7e8f"


@pytest.fixture
def resources(empty_catalog):
    return ResourceStore(empty_catalog, SystemClock())


def test_created_resource_is_found_by_every_name_it_has(resources):
    shop = resources.create("Shop", "web", "westeurope", KEY.upper())
    assert shop == resources.get_by_app_id(shop.app_id.upper())
    assert shop == resources.get_by_key(KEY) == resources.get_by_key(KEY.upper())
    assert shop == resources.get_by_name("sHOP")
    assert shop == resources.get_by_resource_id(shop.resource_id.upper())
    for reference in (shop.app_id, "shop", "WEB/Shop", shop.resource_id):
        assert shop == resources.find(reference)
    assert resources.find("other") is None
    assert (shop,) == resources.list()


def test_ids_and_keys_are_lower_case_uuid4(resources):
    shop = resources.create("shop")
    for text in (shop.app_id, shop.instrumentation_key):
        assert text == str(uuid.UUID(text))
        assert uuid.UUID(text).version == 4


def test_connection_string_survives_a_naive_parser(resources):
    shop = resources.create("shop")
    text = connection_string(shop, "http://127.0.0.1:5380/")
    parts = dict(part.split("=") for part in text.split(";"))
    assert parts == {
        "InstrumentationKey": shop.instrumentation_key,
        "IngestionEndpoint": "http://127.0.0.1:5380/",
        "LiveEndpoint": "http://127.0.0.1:5380/",
        "ApplicationId": shop.app_id,
    }


@pytest.mark.parametrize(
    "name", ["", " ", "a/b", "a;b", "a=b", "end.", "x" * 256, KEY, "a\nb", "é" * 300]
)
def test_unusable_name_is_refused(resources, name):
    with pytest.raises(InvalidResource, match="cannot name a resource"):
        resources.create(name)


@pytest.mark.parametrize("key", ["", "nope", KEY[:-1], KEY.replace("-", "")])
def test_unusable_key_is_refused(resources, key):
    with pytest.raises(InvalidResource, match="a guid is needed"):
        resources.create("shop", instrumentation_key=key)


def test_name_is_taken_in_its_group_only(resources):
    resources.create("shop", "a")
    with pytest.raises(ResourceExists, match="resource group 'A' holds one"):
        resources.create("SHOP", "A")
    resources.create("shop", "b")
    with pytest.raises(AmbiguousResource, match="resource groups a, b"):
        resources.find("shop")
    assert resources.find("b/shop").resource_group == "b"


def test_key_is_taken_once(resources):
    resources.create("shop", instrumentation_key=KEY)
    with pytest.raises(ResourceExists, match="belongs to 'shop'"):
        resources.create("other", instrumentation_key=KEY.upper())


def test_deleted_resource_is_gone_and_its_name_is_free(resources):
    shop = resources.create("shop", instrumentation_key=KEY)
    assert resources.delete(shop.app_id)
    assert not resources.delete(shop.app_id)
    assert resources.get_by_key(KEY) is None
    assert resources.create("shop").app_id != shop.app_id


def test_tags_are_replaced(resources):
    shop = resources.make(NewResource("shop", tags=(("team", "a"),)))
    assert resources.update(shop.app_id, tags=(("team", "b"),)).tags == (("team", "b"),)
    assert resources.find("shop").tags == (("team", "b"),)
    with pytest.raises(ResourceNotFound):
        resources.update("nobody", tags=())


def test_everything_is_there_after_reopening_the_file(tmp_path):
    path = tmp_path / "catalog.sqlite"
    store = ResourceStore(open_file(path), SystemClock())
    shop = store.make(NewResource("shop", "web", "westeurope", tags=(("team", "a"),)))
    shop_b = store.update(shop.app_id, tags=(("team", "b"),))
    gone = store.create("gone")
    store.delete(gone.app_id)
    store.close()
    again = ResourceStore(open_file(path), SystemClock())
    assert (shop_b,) == again.list()
    again.close()


def _schema(engine):
    with engine.connect() as connection:
        return {
            row.name: " ".join((row.sql or "").split())
            for row in connection.execute(sa.text("SELECT name, sql FROM sqlite_master"))
        }


def test_migrations_end_where_the_tables_stand(tmp_path):
    """A new catalog is made from the tables, an old one by migrations: both must be equal."""
    from alembic.script import ScriptDirectory

    from openinsights.catalog.migrations.migrate import upgrade

    assert ScriptDirectory.from_config(configuration()).get_heads() == [HEAD]
    made = open_file(tmp_path / "made.sqlite")
    migrated = sa.create_engine(sa.URL.create("sqlite", database=str(tmp_path / "old.sqlite")))
    with migrated.begin() as connection:
        upgrade(connection)
    assert _schema(made) == _schema(migrated)
    assert set(metadata.tables) < set(_schema(made))
    migrated.dispose()
    made.dispose()
    open_file(tmp_path / "old.sqlite").dispose()


def test_schema_change_that_is_rolled_back_leaves_nothing_behind(tmp_path):
    engine = open_file(tmp_path / "catalog.sqlite")
    with engine.connect() as connection:
        connection.execute(sa.text("CREATE TABLE half (a INTEGER)"))
        connection.rollback()
    assert "half" not in _schema(engine)
    engine.dispose()


def test_database_of_another_program_is_refused(tmp_path):
    path = tmp_path / "catalog.sqlite"
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)))
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE other (a INTEGER)"))
    engine.dispose()
    with pytest.raises(CatalogError, match="another program's database"):
        open_file(path)


def test_catalog_of_a_newer_version_is_refused(tmp_path):
    path = tmp_path / "catalog.sqlite"
    engine = open_file(path)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(CatalogError, match="a newer version of OpenInsights wrote it"):
        open_file(path)


def test_file_that_is_no_catalog_is_refused(tmp_path):
    path = tmp_path / "catalog.sqlite"
    path.write_text("not a database, " * 100)
    with pytest.raises(CatalogError, match="cannot open catalog"):
        open_file(path)


def test_new_and_up_to_date_catalogs_open_without_alembic(tmp_path):
    import subprocess
    import sys

    path = tmp_path / "catalog.sqlite"
    program = (
        "import sys, pathlib; from openinsights.catalog.engine import open_file;"
        "[open_file(pathlib.Path(sys.argv[1])).dispose() for _ in range(2)];"
        "sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(path)], check=False).returncode == 0


@pytest.mark.parametrize(
    "text",
    [
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Insights/components/n",
        "subscriptions/s/resourcegroups/g/providers/microsoft.insights/components/n/",
    ],
)
def test_resource_id_is_read_in_any_letter_case(text):
    path = parse_resource_id(text)
    assert path is not None
    assert (path.subscription, path.resource_group, path.name) == ("s", "g", "n")


def test_other_text_is_no_resource_id():
    assert parse_resource_id("/subscriptions/s/resourceGroups/g") is None


def test_unknown_key_makes_one_resource_of_its_own(resources):
    resolve = KeyResolver(resources, create_unknown=True, max_resources=10)
    made = resolve(KEY.upper())
    assert made.name == "app-2f1d3c5e"
    assert made.instrumentation_key == KEY
    assert made is resolve(KEY)
    assert len(resources.list()) == 1


def test_made_up_names_do_not_collide(resources):
    resolve = KeyResolver(resources, create_unknown=True, max_resources=10)
    twin = KEY[:-1] + "0"
    assert (resolve(KEY).name, resolve(twin).name) == ("app-2f1d3c5e", "app-2f1d3c5e-7a9b")


def test_unknown_key_is_refused_when_told_so_or_no_guid_or_too_many(resources):
    assert KeyResolver(resources, create_unknown=False, max_resources=10)(KEY) is None
    assert KeyResolver(resources, create_unknown=True, max_resources=10)("<your-key-here>") is None
    assert KeyResolver(resources, create_unknown=True, max_resources=0)(KEY) is None
    assert resources.list() == ()


def test_threads_that_meet_an_unknown_key_together_make_one_resource(resources):
    from concurrent.futures import ThreadPoolExecutor

    resolve = KeyResolver(resources, create_unknown=True, max_resources=10)
    with ThreadPoolExecutor(8) as pool:
        made = {resource.app_id for resource in pool.map(resolve, [KEY] * 64)}
    assert len(made) == len(resources.list()) == 1
