"""Which addresses files may be fetched from."""

import pytest

from bot.addresses import NotAllowed, Reach, Way, is_public

GATEWAY = Reach(
    largest=1000,
    api_url="http://127.0.0.1:3000/v23.0",
    hosts=("media.contoh.id", ".cdn.contoh.id"),
)
ANYWHERE = Reach(largest=1000, anywhere=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:3000/media/1",
        "HTTP://127.0.0.1:3000/v23.0/media?id=1",
        "http://127.0.0.1:3000",
    ],
)
def test_the_apis_own_origin_is_trusted_wherever_it_is(url: str) -> None:
    assert GATEWAY.way(url) is Way.TRUSTED


@pytest.mark.parametrize(
    "url",
    [
        "https://media.contoh.id/berkas/1?kunci=a@b#c",
        "https://media.contoh.id:443/berkas",
        "https://MEDIA.contoh.id/berkas",
        "https://a.cdn.contoh.id/berkas",
        "https://a.b.cdn.contoh.id/berkas",
    ],
)
def test_a_host_that_the_gateway_names_is_asked_at_public_addresses(url: str) -> None:
    assert GATEWAY.way(url) is Way.PUBLIC


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:3001/media/1",
        "https://127.0.0.1:3000/media/1",
        "http://127.0.0.1/media/1",
        "http://localhost:3000/media/1",
        "http://127.0.0.2:3000/media/1",
        "http://media.contoh.id/berkas",
        "https://media.contoh.id:8443/berkas",
        "https://media.contoh.id:80/berkas",
        "https://cdn.contoh.id/berkas",
        "https://jahatcdn.contoh.id/berkas",
        "https://media.contoh.id.jahat.id/berkas",
        "https://media.contoh.id./berkas",
        "https://jahat.id/media.contoh.id",
        "https://media.contoh.id@jahat.id/berkas",
        "https://orang:sandi@media.contoh.id/berkas",
        "https://jahat.id\\@media.contoh.id/berkas",
        "https://media.contoh.id\\.jahat.id/berkas",
        "https://media.contoh.id%2f.jahat.id/berkas",
        "https://media.contoh.id\n.jahat.id/berkas",
        " https://media.contoh.id/berkas",
        "https:media.contoh.id/berkas",
        "https:///media.contoh.id/berkas",
        "//media.contoh.id/berkas",
        "ftp://media.contoh.id/berkas",
        "file:///etc/passwd",
        "https://mediа.contoh.id/berkas",
        "https://[::1]/berkas",
        "https://169.254.169.254/latest/meta-data",
        "",
    ],
)
def test_no_other_address_is_asked_for_a_gateways_file(url: str) -> None:
    with pytest.raises(NotAllowed):
        GATEWAY.way(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://gambar.contoh.id/katalog.pdf",
        "http://gambar.contoh.id/katalog.pdf",
        "https://gambar.contoh.id:8443/katalog.pdf",
        "https://1.1.1.1/katalog.pdf",
        "https://[2606:4700:4700::1111]/katalog.pdf",
    ],
)
def test_a_link_may_lead_to_anybody_with_a_public_name(url: str) -> None:
    assert ANYWHERE.way(url) is Way.PUBLIC


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "http://localhost./",
        "http://balas/",
        "http://metadata.google.internal/",
        "http://printer.local/",
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://10.1.2.3/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[fe80::1%25eth0]/",
        "https://orang@gambar.contoh.id/",
    ],
)
def test_a_link_into_our_own_network_is_refused_without_a_look_up(url: str) -> None:
    with pytest.raises(NotAllowed):
        ANYWHERE.way(url)


@pytest.mark.parametrize("address", ["1.1.1.1", "203.0.114.1", "2606:4700:4700::1111"])
def test_addresses_of_the_world_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.8.9.10",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:1.1.1.1",
        "64:ff9b::7f00:1",
        "64:ff9b::101:101",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:10::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:101:101::1",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_no_other_address_is_public(address: str) -> None:
    assert not is_public(address)
